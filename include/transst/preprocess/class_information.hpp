// How much each gene says about the class. Ours.
#pragma once

#include <transst/matrix/group_sums.hpp>

#include <span>

namespace transst {

/// Adjusted R² of a gene by class within each section, averaged over the sections with two or more
/// classes (p; 0 where a gene says nothing). x: cells × p, standardised; labels: of the rows, in
/// [0, classes) or left_out. Throws ShapeMismatch where labels has another length, BadData if an
/// entry is not finite.
template <class Rows>
[[nodiscard]] Vector<double> class_information(const Standardized<Rows>& x,
                                               std::span<const Label> labels, Index classes,
                                               const RunOptions& run = {}) {
    require<ShapeMismatch>(std::ssize(labels) == x.rows(), "class_information: labels has ",
                           labels.size(), " entries, X has ", x.rows(), " rows");
    using W = Wide<typename Rows::Scalar>;
    const Index sections = x.sections(), p = x.cols();
    const auto class_of = [&](Index row) { return labels[static_cast<std::size_t>(row)]; };
    Matrix<W> counts = Matrix<W>::Zero(sections, classes);
    for (Index i = 0; i < x.rows(); ++i)
        if (class_of(i) != left_out) counts(x.section_of(i), class_of(i)) += 1;
    const Matrix<W> of_classes = group_sums(
        x, sections * classes,
        [&](Index row) -> Index {
            const Index k = class_of(row);
            return k == left_out ? k : x.section_of(row) * classes + k;
        },
        run);
    const auto of_sections = gene_sums_by(
        x.raw(), sections,
        [&](Index row) { return class_of(row) == left_out ? Index{-1} : x.section_of(row); }, run,
        "class_information");

    Vector<W> information = Vector<W>::Zero(p);
    Index used = 0;
    for (Index s = 0; s < sections; ++s) {
        const double n = counts.row(s).sum();
        const double present = static_cast<double>((counts.row(s).array() > 0).count());
        if (present < 2 || n <= present) continue;
        ++used;
        const auto& sums = of_sections[static_cast<std::size_t>(s)];
        const Vector<W> total =
            (sums.squares - sums.sum.cwiseAbs2() / n).cwiseProduct(x.inverse_scale().cwiseAbs2());
        const Matrix<W> of_class = of_classes.middleCols(s * classes, classes);
        const Vector<W> mean = of_class.rowwise().sum() / n;
        Vector<W> between = Vector<W>::Zero(p);
        for (Index k = 0; k < classes; ++k)
            if (counts(s, k) > 0)
                between += counts(s, k) * (of_class.col(k) / counts(s, k) - mean).cwiseAbs2();
        for (Index j = 0; j < p; ++j) {
            if (total[j] <= 1e-9 * n) continue;
            const double adjusted = 1 - (1 - between[j] / total[j]) * (n - 1) / (n - present);
            information[j] += std::max(0.0, adjusted);
        }
    }
    return information / static_cast<double>(std::max<Index>(1, used));
}

}  // namespace transst
