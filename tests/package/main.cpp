// One of two files that include everything: nothing in the headers may be defined twice. Here in
// double, and with the libraries that transst needs.
#include <transst/transst.hpp>

#include <cmath>
#include <cstring>

#ifdef CONSUMER_READS_FILES
#include <transst/io/folder.hpp>
#endif

const char* version_seen_by_single();
double silhouette_in_float(const Eigen::MatrixXf& scores,
                           const std::vector<transst::Label>& labels);

int main() {
    if (std::strcmp(transst::version, version_seen_by_single()) != 0) return 1;

    transst::RowMatrix<double> places(4, 2);
    places << 0, 0, 0, 1, 9, 9, 9, 8;
    const auto graph = transst::KnnGraph{{.neighbors = 1}}.fit(places);
    if (graph.of(0)[0] != 1 || graph.of(2)[0] != 3) return 2;

    const std::vector<transst::Label> labels{0, 0, 1, 1};
    const double found = transst::simplified_silhouette(places, labels);
    if (std::abs(found - silhouette_in_float(places.cast<float>(), labels)) > 1e-6) return 3;

#ifdef CONSUMER_READS_FILES
    try {
        return static_cast<int>(transst::read_folder("no such folder").rows());
    } catch (const transst::FileError&) {
    }
#endif
    return 0;
}
