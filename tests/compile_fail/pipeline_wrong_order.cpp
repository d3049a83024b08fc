// EXPECT: no earlier step makes what this step needs
#include <transst/pipeline.hpp>

int main() {
    const transst::Sample<transst::RowMatrix<double>> source, target;
    const auto fit =
        transst::Pipeline{}.then(transst::PLDR{}).then(transst::Prepare{}).fit(source, target);
}
