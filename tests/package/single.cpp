// The other file, in float.
#include <transst/transst.hpp>

const char* version_seen_by_single() {
    return transst::version;
}

double silhouette_in_float(const Eigen::MatrixXf& scores,
                           const std::vector<transst::Label>& labels) {
    return transst::simplified_silhouette(transst::RowMatrix<float>(scores), labels);
}
