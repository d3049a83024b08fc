// How relevant a source is to a target, found without labels of the target. Ours.
//
// Genes are cut in two halves. On one half the source's discriminant axes call every target spot a
// class; on the other half, which had no say in that, the target's mean profile of each called
// class is held against the source's. Where the classes mean the same in both, the profiles
// correlate.
#pragma once

#include <transst/graph/neighborhood_means.hpp>
#include <transst/matrix/group_sums.hpp>
#include <transst/reduce/discriminant_axes.hpp>
#include <transst/reduce/truncated_svd.hpp>

namespace transst {

/// What a source says of how its classes would look elsewhere: all that SourceRelevance needs of
/// it.
template <class W>
struct SourceWitness {
    /// The source as one half of the genes sees it, to be held against the other half.
    struct Half {
        std::vector<Index> calling, held_out;  ///< columns, rising
        Matrix<W> loading;                     ///< calling × q: scores of spots = X loading
        Matrix<W> axes;                        ///< q × d: of the scores, discriminant
        Matrix<W> centers;                     ///< K × d: of the classes, along the axes
    };
    Matrix<W> profiles;        ///< K × p: mean of each class, offsets of the sections taken out
    std::vector<Half> halves;  ///< both of each split; none where there is too little to go by
};

/// Correlation, over held-out genes, of the source's class profiles with those of the target spots
/// that the other genes call: near 1 for a neighbouring section, near 0 for an irrelevant source.
///
///     const double r = transst::SourceRelevance{}.fit(source, labels, K, target, nearest);
template <std::floating_point Scalar = double>
struct SourceRelevance {
    using W = Wide<Scalar>;

    struct Options {
        Index factors = 15;         ///< of the source, on each half of the genes
        Index neighbors = 6;        ///< a spot is called by its own scores and theirs
        Index splits = 2;           ///< of the genes; each is used in both directions
        Index fewest = 5;           ///< spots a called class needs to count
        Index most_cells = 20'000;  ///< of the source that the axes are learned from, about
    } options{};

    /// source: labelled cells × p, standardised, with labels in [0, classes) or left_out; target:
    /// spots × p. nearest: the target's directed graph, nearest neighbours first. Returns a number
    /// in [−1, 1]; 0 where fewer than two classes are called. Throws ShapeMismatch or BadData.
    template <class SourceRows, class TargetRows>
    [[nodiscard]] double fit(const Standardized<SourceRows>& source, std::span<const Label> labels,
                             Index classes, const Standardized<TargetRows>& target,
                             const Graph& nearest, const RunOptions& run = {}) const {
        require<ShapeMismatch>(source.cols() == target.cols(),
                               "SourceRelevance::fit: the source has ", source.cols(),
                               " genes, the target ", target.cols());
        return fit(learn(source, labels, classes, run), target, nearest, run);
    }

    /// The part that needs the source alone.
    template <class Rows>
    [[nodiscard]] SourceWitness<W> learn(const Standardized<Rows>& source,
                                         std::span<const Label> labels, Index classes,
                                         const RunOptions& run = {}) const {
        require<ShapeMismatch>(std::ssize(labels) == source.rows(),
                               "SourceRelevance::fit: labels has ", labels.size(),
                               " entries, the source has ", source.rows(), " rows");
        const Index p = source.cols();
        SourceWitness<W> out{class_profiles(source, labels, classes, run), {}};
        if (classes < 2 || p < 4) return out;
        RandomStream random(run.seed, 0x52454C45);
        const std::vector<Index> cells = some_of_each(labels, classes, random);
        for (Index split = 0; split < options.splits && (split == 0 || !run.stop.stop_requested());
             ++split) {
            const auto order = random.permutation(p);
            std::vector<Index> first(order.begin(), order.begin() + p / 2),
                second(order.begin() + p / 2, order.end());
            std::sort(first.begin(), first.end());
            std::sort(second.begin(), second.end());
            out.halves.push_back(half(source, cells, labels, classes, first, second, run));
            out.halves.push_back(half(source, cells, labels, classes, second, first, run));
        }
        return out;
    }

    /// The part that needs the target; source: what learn found, of the target's genes. Returns
    /// and throws as above.
    template <class Rows>
    [[nodiscard]] double fit(const SourceWitness<W>& source, const Standardized<Rows>& target,
                             const Graph& nearest, const RunOptions& run = {}) const {
        require<ShapeMismatch>(source.profiles.cols() == target.cols(),
                               "SourceRelevance::fit: the source has ", source.profiles.cols(),
                               " genes, the target ", target.cols());
        if (source.halves.empty()) return 0;
        double total = 0;
        Index seen = 0;
        while (seen < std::ssize(source.halves) && (seen < 2 || !run.stop.stop_requested())) {
            total += agreement(source.profiles, source.halves[static_cast<std::size_t>(seen)],
                               target, nearest, run);
            ++seen;
            if (seen % 2 == 0)
                run.report("SourceRelevance", seen / 2, std::ssize(source.halves) / 2,
                           total / static_cast<double>(seen));
        }
        return total / static_cast<double>(seen);
    }

private:
    /// Mean of each class and gene (K × p), offsets of the sections taken out.
    template <class Rows>
    [[nodiscard]] static Matrix<W> class_profiles(const Standardized<Rows>& source,
                                                  std::span<const Label> labels, Index classes,
                                                  const RunOptions& run) {
        const Index sections = source.sections();
        Matrix<W> counts = Matrix<W>::Zero(sections, classes);
        for (Index i = 0; i < source.rows(); ++i)
            if (const Label k = labels[static_cast<std::size_t>(i)]; k != left_out)
                counts(source.section_of(i), k) += 1;
        const Matrix<W> of_classes = group_sums<Scalar>(
            source, sections * classes,
            [&](Index row) -> Index {
                const Label k = labels[static_cast<std::size_t>(row)];
                return k == left_out ? k : source.section_of(row) * classes + k;
            },
            run);
        std::vector<Matrix<W>> sums;
        for (Index s = 0; s < sections; ++s)
            sums.push_back(of_classes.middleCols(s * classes, classes).transpose());
        return detail::solve_class_means(sums, counts).means;
    }

    /// Cells with a label, rising. Of very many `most` are enough: of each class its share, but no
    /// fewer than 100 while it has them.
    [[nodiscard]] std::vector<Index> some_of_each(std::span<const Label> labels, Index classes,
                                                  RandomStream& random) const {
        std::vector<Index> sizes(static_cast<std::size_t>(classes), 0), cells;
        for (Index i = 0; i < std::ssize(labels); ++i) {
            const Label k = labels[static_cast<std::size_t>(i)];
            if (k == left_out) continue;
            cells.push_back(i);
            ++sizes[static_cast<std::size_t>(k)];
        }
        const Index n = std::ssize(cells);
        if (n <= options.most_cells) return cells;
        std::vector<Index> wanted, some;
        for (const Index size : sizes)
            wanted.push_back(std::max<Index>(100, size * options.most_cells / n));
        for (const Index at : random.permutation(n)) {
            const Index cell = cells[static_cast<std::size_t>(at)];
            const Label k = labels[static_cast<std::size_t>(cell)];
            if (wanted[static_cast<std::size_t>(k)]-- > 0) some.push_back(cell);
        }
        std::sort(some.begin(), some.end());
        return some;
    }

    /// The source's axes on the calling genes.
    template <class Rows>
    [[nodiscard]] typename SourceWitness<W>::Half half(
        const Standardized<Rows>& source, const std::vector<Index>& cells,
        std::span<const Label> all_labels, Index classes, const std::vector<Index>& calling,
        const std::vector<Index>& held_out, const RunOptions& run) const {
        const Index q = std::min({options.factors, std::ssize(cells) - 1, std::ssize(calling) - 1});
        const auto seen = copy_part(source, cells, calling, run);
        std::vector<Label> labels;
        for (const Index i : cells) labels.push_back(all_labels[static_cast<std::size_t>(i)]);
        const auto svd =
            TruncatedSVD<Scalar>{{.factors = q, .max_iterations = 20, .tolerance = 1e-3}}.fit(
                seen, {.seed = run.seed, .threads = run.threads, .stop = run.stop});
        const RowMatrix<W> z = svd.scores.template cast<W>();
        const std::span<const std::int32_t> section =
            seen.sections() > 1 ? std::span<const std::int32_t>(seen.section())
                                : std::span<const std::int32_t>{};
        const auto axes = discriminant_axes(z, labels, classes, section, W(1e-3));
        return {calling, held_out, svd.loading.template cast<W>(), axes.axes,
                class_means(RowMatrix<W>(z * axes.axes), labels, classes, section).means};
    }

    /// Correlation of the profiles on the held-out genes.
    template <class Rows>
    [[nodiscard]] double agreement(const Matrix<W>& profiles,
                                   const typename SourceWitness<W>::Half& half,
                                   const Standardized<Rows>& target, const Graph& nearest,
                                   const RunOptions& run) const {
        // calls of the target's spots, up to a shift that all of them share
        const Index p = target.cols(), classes = profiles.rows();
        Matrix<W> weights = Matrix<W>::Zero(p, half.axes.cols());
        weights(half.calling, Eigen::all) = half.loading * half.axes;
        const RowMatrix<W> own = project<Scalar>(target, weights, run).template cast<W>();
        const Index scale[] = {options.neighbors};
        const RowMatrix<W> v = neighborhood_means(own, nearest, scale, run);
        const RowMatrix<W> calls = call(v, half.centers);

        // profiles on the held-out genes
        const auto swept =
            sweep<Scalar>(target, Matrix<W>(p, 0), classes, NoState{}, run,
                          [&](NoState&, Index begin, RowBlock<Scalar>, RowBlock<Scalar> c) {
                              c = calls.middleRows(begin, c.rows()).template cast<Scalar>();
                          });
        const Vector<W> sizes = calls.colwise().sum().transpose();
        std::vector<Index> called;
        for (Index k = 0; k < classes; ++k)
            if (sizes[k] >= static_cast<W>(options.fewest)) called.push_back(k);
        if (called.size() < 2) return 0;
        const Vector<W> n = sizes(called);
        const auto centered = [&](Matrix<W> m) {
            m.rowwise() -= (n.transpose() * m / n.sum()).eval();
            return m;
        };
        const Matrix<W> of_target = centered(n.cwiseInverse().asDiagonal() *
                                             swept.product(half.held_out, called).transpose());
        const Matrix<W> of_source = centered(profiles(called, half.held_out));
        const auto dot = [&](const Matrix<W>& a, const Matrix<W>& b) {
            return a.cwiseProduct(b).rowwise().sum().dot(n);
        };
        const W scale_of_both = std::sqrt(dot(of_target, of_target) * dot(of_source, of_source));
        return scale_of_both > 0 ? static_cast<double>(dot(of_target, of_source) / scale_of_both)
                                 : 0.0;
    }

    /// Posterior of unit-covariance classes at `centers`, shifted together to where the spots lie.
    [[nodiscard]] static RowMatrix<W> call(const RowMatrix<W>& v, const Matrix<W>& centers) {
        Eigen::Matrix<W, 1, Eigen::Dynamic> shift = v.colwise().mean() - centers.colwise().mean();
        RowMatrix<W> r;
        for (int iteration = 0; iteration < 20; ++iteration) {
            const Matrix<W> at = centers.rowwise() + shift;
            r = v * at.transpose();
            r.rowwise() -= (W(0.5) * at.rowwise().squaredNorm()).transpose();
            for (Index i = 0; i < r.rows(); ++i) {
                r.row(i) = (r.row(i).array() - r.row(i).maxCoeff()).exp().matrix();
                r.row(i) /= r.row(i).sum();
            }
            const Eigen::Matrix<W, 1, Eigen::Dynamic> moved = (v - r * centers).colwise().mean();
            const bool settled = (moved - shift).cwiseAbs().maxCoeff() < W(1e-3);
            shift = moved;
            if (settled) break;
        }
        return r;
    }
};

// SourceRelevance{{…}} is double: Clang before 17 does not see that by itself.
SourceRelevance()->SourceRelevance<>;
SourceRelevance(SourceRelevance<>::Options)->SourceRelevance<>;

}  // namespace transst
