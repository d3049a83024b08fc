// How relevant a source is to a target, found without labels of the target. Ours.
//
// Genes are cut in two halves. On one half the source's discriminant axes call every target spot a
// class; on the other half, which had no say in that, the target's mean profile of each called
// class is held against the source's. Where the classes mean the same in both, the profiles
// correlate.
#pragma once

#include <transst/core/side_by_side.hpp>
#include <transst/core/some_of_each.hpp>
#include <transst/core/sort.hpp>
#include <transst/graph/neighborhood_means.hpp>
#include <transst/matrix/group_sums.hpp>
#include <transst/reduce/discriminant_axes.hpp>
#include <transst/reduce/truncated_svd.hpp>

#include <array>
#include <optional>

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
    Matrix<W> profiles;  ///< K × p: mean of each class, offsets of the sections taken out
    std::array<Matrix<W>, 2> of_half_the_cells;  ///< the same of either half of each class's cells
    std::vector<Half> halves;  ///< both of each split; none where there is too little to go by
};

/// How relevant a source is to a target.
struct Relevance {
    double correlation = 0;  ///< of the source's class profiles with the target's, in [−1, 1]
    double source_reliability = 1;  ///< of the source's class profiles, in [0, 1]: the correlation
                                    ///< to be expected with those of as many other cells alike
    double target_reliability = 1;  ///< of the target's: with those of as many other spots
    bool known = true;              ///< false: there is too little to tell it by, and it is 0
    std::vector<double> halves{};   ///< the correlation by each half of the genes that calls, of
                                    ///< which it is the mean

    /// The correlation that a source with very many cells would have (Spearman 1904). Profiles that
    /// are noise for the most part are left as they are.
    [[nodiscard]] double corrected() const {
        return std::min(1.0, correlation / noise(source_reliability));
    }

    /// That with very many spots of the target, too.
    [[nodiscard]] double corrected_for_both() const {
        return std::min(1.0, correlation / (noise(source_reliability) * noise(target_reliability)));
    }

private:
    [[nodiscard]] static double noise(double reliability) {
        constexpr double least = 0.1;
        return reliability > least ? std::sqrt(reliability) : 1;
    }
};

/// Correlation, over held-out genes, of the source's class profiles with those of the target spots
/// that the other genes call: near 1 for a neighbouring section, near 0 for an irrelevant source.
/// Noise in either's profiles lowers it, by factors that two halves of the cells and of the spots
/// tell.
///
///     const double r =
///         transst::SourceRelevance{}.fit(source, labels, K, target, nearest).correlation;
template <std::floating_point Scalar = double>
struct SourceRelevance {
    using W = Wide<Scalar>;

    struct Options {
        Index factors = 15;         ///< of the source, on each half of the genes
        Index neighbors = 6;        ///< a spot is called by its own scores and theirs
        Index splits = 4;           ///< of the genes; each is used in both directions
        Index fewest = 5;           ///< spots a called class needs to count
        Index most_cells = 20'000;  ///< of the source that the axes are learned from, about
    } options{};

    /// source: labelled cells × p, standardised, with labels in [0, classes) or left_out; target:
    /// spots × p. nearest: the target's directed graph, nearest neighbours first. The
    /// correlation is 0 where fewer than two classes are called. Throws ShapeMismatch or BadData.
    template <class SourceRows, class TargetRows>
    [[nodiscard]] Relevance fit(const Standardized<SourceRows>& source,
                                std::span<const Label> labels, Index classes,
                                const Standardized<TargetRows>& target, const Graph& nearest,
                                const RunOptions& run = {}) const {
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
        SourceWitness<W> out;
        learn_profiles(source, labels, classes, out, run);
        if (classes < 2 || p < 4) return out;
        RandomStream random(run.seed, 0x52454C45);
        const std::vector<Index> cells = some_of_each(labels, classes, options.most_cells, random);
        std::vector<std::vector<Index>> genes;  // both halves of each split
        for (Index split = 0; split < options.splits; ++split) {
            const auto order = random.permutation(p);
            for (auto [begin, end] : {std::pair{Index{0}, p / 2}, std::pair{p / 2, p}}) {
                genes.emplace_back(order.begin() + begin, order.begin() + end);
                detail::sort(genes.back().begin(), genes.back().end());
            }
        }
        out.halves.resize(genes.size());
        parallel_for(std::ssize(genes), run.threads, [&](Index h) {
            const auto calling = static_cast<std::size_t>(h);
            if (h < 2 || !run.stop.stop_requested())
                out.halves[calling] =
                    half(source, cells, labels, classes, genes[calling], genes[calling ^ 1],
                         {.seed = run.seed, .threads = 1, .stop = run.stop});
        });
        std::erase_if(out.halves, [](const auto& half) { return half.calling.empty(); });
        return out;
    }

    /// The part that needs the target; source: what learn found, of the target's genes. Returns
    /// and throws as above.
    template <class Rows>
    [[nodiscard]] Relevance fit(const SourceWitness<W>& source, const Standardized<Rows>& target,
                                const Graph& nearest, const RunOptions& run = {}) const {
        require<ShapeMismatch>(source.profiles.cols() == target.cols(),
                               "SourceRelevance::fit: the source has ", source.profiles.cols(),
                               " genes, the target ", target.cols());
        if (source.halves.empty()) return {.known = false};
        const auto rows = detail::any_rows<Scalar>(target);
        const Index halves = std::ssize(source.halves);
        std::vector<Relevance> found(source.halves.size());
        std::vector<char> looked_at(found.size(), 0);
        detail::side_by_side("SourceRelevance", halves, target.rows(), run,
                             [&](Index h, const RunOptions& inner) -> std::optional<double> {
                                 if (h >= 2 && run.stop.stop_requested()) return std::nullopt;
                                 const auto at = static_cast<std::size_t>(h);
                                 found[at] =
                                     agreement(source, source.halves[at], rows, nearest, inner);
                                 looked_at[at] = 1;
                                 return found[at].correlation;
                             });
        Relevance total{.source_reliability = 0, .target_reliability = 0, .known = false};
        double seen = 0;
        for (std::size_t h = 0; h < found.size(); ++h) {
            if (looked_at[h] == 0) continue;
            total.correlation += found[h].correlation;
            total.halves.push_back(found[h].correlation);
            total.source_reliability += found[h].source_reliability;
            total.target_reliability += found[h].target_reliability;
            total.known = total.known || found[h].known;
            ++seen;
        }
        total.correlation /= seen;
        total.source_reliability /= seen;
        total.target_reliability /= seen;
        return total;
    }

private:
    /// Profiles of all cells and of two halves of them, in one pass.
    template <class Rows>
    static void learn_profiles(const Standardized<Rows>& source, std::span<const Label> labels,
                               Index classes, SourceWitness<W>& out, const RunOptions& run) {
        // each class's cells are dealt out to the halves in turn, in a random order
        RandomStream random(run.seed, 0x48414C46);
        std::vector<std::int32_t> half(labels.size(), 0),
            next(static_cast<std::size_t>(classes), 0);
        for (const Index i : random.permutation(std::ssize(labels)))
            if (const Label k = labels[static_cast<std::size_t>(i)]; k != left_out)
                half[static_cast<std::size_t>(i)] = next[static_cast<std::size_t>(k)]++ % 2;
        const Index sections = source.sections();
        const auto group_of = [&](Index row) -> Index {
            const Label k = labels[static_cast<std::size_t>(row)];
            if (k == left_out) return k;
            return (half[static_cast<std::size_t>(row)] * sections + source.section_of(row)) *
                       classes +
                   k;
        };
        Matrix<W> counts = Matrix<W>::Zero(2 * sections, classes);
        for (Index i = 0; i < source.rows(); ++i)
            if (const Index group = group_of(i); group != left_out)
                counts(group / classes, group % classes) += 1;
        const Matrix<W> of_groups =
            group_sums<Scalar>(source, 2 * sections * classes, group_of, run);
        const auto sums = [&](Index from) {
            std::vector<Matrix<W>> of_sections;
            for (Index s = 0; s < sections; ++s)
                of_sections.push_back(
                    of_groups.middleCols((from * sections + s) * classes, classes).transpose());
            return of_sections;
        };
        std::vector<Matrix<W>> both = sums(0), second = sums(1);
        const auto solve = [&](const std::vector<Matrix<W>>& of_sections, const Matrix<W>& of) {
            return detail::solve_class_means(of_sections, of).means;
        };
        out.of_half_the_cells = {solve(both, counts.topRows(sections)),
                                 solve(second, counts.bottomRows(sections))};
        for (std::size_t s = 0; s < both.size(); ++s) both[s] += second[s];
        out.profiles = solve(both, counts.topRows(sections) + counts.bottomRows(sections));
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
            TruncatedSVD<Scalar>{{.factors = q, .max_iterations = 20, .tolerance = 1e-2}}.fit(
                seen, {.seed = run.seed, .threads = run.threads, .stop = run.stop});
        const RowMatrix<W> z = svd.scores.template cast<W>();
        const std::span<const std::int32_t> section =
            seen.sections() > 1 ? std::span<const std::int32_t>(seen.section())
                                : std::span<const std::int32_t>{};
        const auto axes = discriminant_axes(z, labels, classes, section, W(1e-3));
        return {calling, held_out, svd.loading.template cast<W>(), axes.axes,
                class_means<W>(detail::times(z, axes.axes), labels, classes, section).means};
    }

    /// Correlation of the profiles on the held-out genes.
    template <class Rows>
    [[nodiscard]] Relevance agreement(const SourceWitness<W>& source,
                                      const typename SourceWitness<W>::Half& half,
                                      const Standardized<Rows>& target, const Graph& nearest,
                                      const RunOptions& run) const {
        // calls of the target's spots, up to a shift that all of them share
        const Index p = target.cols(), classes = source.profiles.rows();
        Matrix<W> weights = Matrix<W>::Zero(p, half.axes.cols());
        const Matrix<W> turned = detail::times(half.loading, half.axes);
        for (Index i = 0; i < turned.rows(); ++i)
            weights.row(half.calling[static_cast<std::size_t>(i)]) = turned.row(i);
        const RowMatrix<W> own = project<Scalar>(target, weights, run).template cast<W>();
        const Index scale[] = {options.neighbors};
        const RowMatrix<W> v = neighborhood_means(own, nearest, scale, run);
        const RowMatrix<W> calls = call(v, half.centers, run);

        // profiles on the held-out genes, of either half of the spots
        const std::vector<char> second = drawn_half(target.rows(), run.seed);
        const auto swept = sweep<Scalar>(
            target, Matrix<W>(p, 0), 2 * classes, NoState{}, run,
            [&](NoState&, Index begin, RowBlock<Scalar>, RowBlock<Scalar> c) {
                c.setZero();
                for (Index i = 0; i < c.rows(); ++i)
                    c.row(i).segment(second[static_cast<std::size_t>(begin + i)] * classes,
                                     classes) = calls.row(begin + i).template cast<Scalar>();
            });
        Matrix<W> half_sizes = Matrix<W>::Zero(2, classes);
        for (Index i = 0; i < calls.rows(); ++i)
            half_sizes.row(second[static_cast<std::size_t>(i)]) += calls.row(i);
        const Vector<W> sizes = half_sizes.colwise().sum().transpose();
        std::vector<Index> called;
        for (Index k = 0; k < classes; ++k)
            if (sizes[k] >= static_cast<W>(options.fewest)) called.push_back(k);
        // where all spots are called the same, that tells enough, but of very few
        if (called.size() < 2) return {.known = target.rows() > 2 * options.fewest};
        const Vector<W> n = sizes(called);
        // Over the classes and over the genes: where all genes rise together, as with the depth of
        // sequencing, profiles agree whatever the genes' names.
        const auto centered = [&](Matrix<W> m) {
            const Vector<W> mean = detail::times(detail::transposed(m), n) / n.sum();
            for (Index k = 0; k < m.rows(); ++k) {
                m.row(k) -= mean.transpose();
                m.row(k).array() -= m.row(k).mean();
            }
            return m;
        };
        std::array<Matrix<W>, 2> sums;
        for (Index h = 0; h < 2; ++h) {
            auto& of = sums[static_cast<std::size_t>(h)];
            of.resize(std::ssize(called), std::ssize(half.held_out));
            for (Index j = 0; j < of.cols(); ++j)
                for (Index k = 0; k < of.rows(); ++k)
                    of(k, j) = swept.product(half.held_out[static_cast<std::size_t>(j)],
                                             h * classes + called[static_cast<std::size_t>(k)]);
        }
        const auto means = [&](Matrix<W> of, const Vector<W>& count) {
            for (Index k = 0; k < of.rows(); ++k) of.row(k) /= std::max(count[k], W(1e-9));
            return centered(std::move(of));
        };
        const auto of_half = [&](Index h) {
            const Vector<W> count = half_sizes.row(h).transpose();
            return means(sums[static_cast<std::size_t>(h)], count(called));
        };
        const Matrix<W> of_target = means(sums[0] + sums[1], n);
        const auto of_source = [&](const Matrix<W>& profiles) {
            return centered(profiles(called, half.held_out));
        };
        const auto correlation = [&](const Matrix<W>& a, const Matrix<W>& b) {
            const auto dot = [&](const Matrix<W>& x, const Matrix<W>& y) {
                W sum = 0;
                for (Index k = 0; k < x.rows(); ++k) sum += n[k] * x.row(k).dot(y.row(k));
                return sum;
            };
            const W lengths = std::sqrt(dot(a, a) * dot(b, b));
            return lengths > 0 ? static_cast<double>(dot(a, b) / lengths) : 0.0;
        };
        // all are twice as many as a half has (Spearman 1910, Brown 1910)
        const auto reliability = [&](const Matrix<W>& one, const Matrix<W>& other) {
            const double of_halves = std::max(0.0, correlation(one, other));
            return 2 * of_halves / (1 + of_halves);
        };
        return {correlation(of_target, of_source(source.profiles)),
                reliability(of_source(source.of_half_the_cells[0]),
                            of_source(source.of_half_the_cells[1])),
                reliability(of_half(0), of_half(1))};
    }

    /// 1 for a random half of n spots, else 0.
    [[nodiscard]] static std::vector<char> drawn_half(Index n, std::uint64_t seed) {
        std::vector<char> out(static_cast<std::size_t>(n), 0);
        const auto order = RandomStream(seed, 0x53504F54).permutation(n);
        for (Index i = 0; i < n / 2; ++i)
            out[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = 1;
        return out;
    }

    /// Posterior of unit-covariance classes at `centers`, shifted together to where the spots lie.
    [[nodiscard]] static RowMatrix<W> call(const RowMatrix<W>& v, const Matrix<W>& centers,
                                           const RunOptions& run) {
        const Index classes = centers.rows();
        const Vector<W> of_spots = detail::column_sums(v) / static_cast<W>(v.rows());
        Vector<W> shift = of_spots - detail::column_sums(centers) / static_cast<W>(classes);
        RowMatrix<W> r(v.rows(), classes);
        for (int iteration = 0; iteration < 20; ++iteration) {
            Matrix<W> at = centers;
            for (Index k = 0; k < classes; ++k) at.row(k) += shift.transpose();
            const auto name_spots = [&](Vector<W>& sums, Index begin, Index end) {
                auto lane = r.middleRows(begin, end - begin);
                for (Index k = 0; k < classes; ++k)
                    lane.col(k).setConstant(W(-0.5) * at.row(k).squaredNorm());
                detail::add_product(lane, v.middleRows(begin, end - begin), detail::transposed(at));
                for (Index i = 0; i < lane.rows(); ++i) {
                    auto one = lane.row(i).array();
                    one -= one.maxCoeff();
                    one = one.exp();
                    one /= one.sum();
                    sums += lane.row(i).transpose();
                }
            };
            const Vector<W> none = Vector<W>::Zero(classes);
            const Vector<W> sums = sum_lanes(Lanes(v.rows()), run.threads, none, name_spots);
            const Vector<W> moved = of_spots - detail::times(detail::transposed(centers), sums) /
                                                   static_cast<W>(v.rows());
            bool settled = true;
            for (Index a = 0; a < moved.size(); ++a)
                settled = settled && std::abs(moved[a] - shift[a]) < W(1e-3);
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
