#include <transst/graph/knn_graph.hpp>
#include <transst/version.hpp>

#include <cstdio>

int main() {
    transst::RowMatrix<double> places(3, 2);
    places << 0, 0, 0, 1, 5, 5;
    const auto graph = transst::KnnGraph{{.neighbors = 1}}.fit(places);
    std::printf("transst %s: spot 0 neighbours spot %d\n", transst::version,
                static_cast<int>(graph.of(0)[0]));
    return graph.of(0)[0] == 1 ? 0 : 1;
}
