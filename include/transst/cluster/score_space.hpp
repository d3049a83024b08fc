// In which space of scores the source's classes are told apart best, and which labels of the source
// to believe, both found on source cells held out.
#pragma once

#include <transst/cluster/anchored_gmm_mrf.hpp>
#include <transst/cluster/starts.hpp>
#include <transst/core/some_of_each.hpp>
#include <transst/graph/knn_graph.hpp>
#include <transst/reduce/discriminant_axes.hpp>

namespace transst {

/// Two ways to describe the classes of the source.
enum class ScoreSpace {
    discriminant,  ///< K − 1 canonical variates of the scores at all scales, one covariance for all
    factors        ///< all factors of the spot alone, each class with a covariance of its own
};

/// A space: weights turn scores at all scales into it, and the classes lie in it.
template <class W>
struct DescribedClasses {
    Matrix<W> weights;            ///< (q · scales) × d
    ClassDensities<W> densities;  ///< of the classes, in the space
    Matrix<W> means;              ///< K × (q · scales): of the classes, where these are told by
                                  ///< discriminant axes, as is
    Matrix<W> within;             ///< (q · scales)²: the covariance within them
};

/// Describes labelled scores at several scales (n × (q · scales), the spot alone first) in a space.
template <class W>
[[nodiscard]] DescribedClasses<W> describe_classes(ScoreSpace space, const RowMatrix<W>& scores,
                                                   Index factors, std::span<const Label> labels,
                                                   Index classes) {
    DescribedClasses<W> out;
    const bool discriminant = space == ScoreSpace::discriminant && classes >= 2;
    if (discriminant) {
        auto found = discriminant_axes(scores, labels, classes);
        out.weights = std::move(found.axes);
        out.means = std::move(found.means);
        out.within = std::move(found.within);
    } else {
        out.weights = Matrix<W>::Identity(scores.cols(), factors);
    }
    out.densities =
        class_densities<W>(detail::times(scores, out.weights), labels, classes, discriminant);
    return out;
}

/// The same classes in a space of discriminant axes and some more ((q · scales) × a).
template <class W>
[[nodiscard]] DescribedClasses<W> with_axes(DescribedClasses<W> classes, const Matrix<W>& more) {
    const Index given = classes.weights.cols();
    classes.weights.conservativeResize(Eigen::NoChange, given + more.cols());
    classes.weights.rightCols(more.cols()) = more;
    const Matrix<W> covariance = detail::symmetric_part(detail::times(
        detail::transposed(classes.weights), detail::times(classes.within, classes.weights)));
    classes.densities.gaussians.means = detail::times(classes.means, classes.weights);
    for (auto& of_class : classes.densities.gaussians.covariances) of_class = covariance;
    return classes;
}

/// Accuracy of each space on held-out source cells.
struct ScoreSpaceChoice {
    ScoreSpace best = ScoreSpace::discriminant;              ///< the more accurate one
    double discriminant_accuracy = 0, factors_accuracy = 0;  ///< share of cells named right
    double largest_class_share = 0;  ///< what always naming the largest class would reach
    double contradicted_share = 0;   ///< of the labels, by the cells' own expression

    /// Of the best space.
    [[nodiscard]] double accuracy() const {
        return std::max(discriminant_accuracy, factors_accuracy);
    }
};

/// The space, and the labels that describe the classes in it.
struct ScoreSpaceFit {
    ScoreSpaceChoice choice;      ///< and how good it is
    std::vector<Label> believed;  ///< n; left_out where contradicted or not looked at
};

namespace detail {

/// Cells whose label is another than the one that held-out posteriors (n × K; rows of zeros: not
/// known) are as sure of as they are, on average, of the cells that bear it and are known
/// (Northcutt, Jiang & Chuang 2021).
template <class W>
[[nodiscard]] std::vector<Index> contradicted_labels(const RowMatrix<W>& posterior,
                                                     std::span<const Label> labels) {
    const Index n = posterior.rows(), classes = posterior.cols();
    Vector<W> sure = Vector<W>::Zero(classes), sizes = Vector<W>::Zero(classes);
    for (Index i = 0; i < n; ++i) {
        const Label k = labels[static_cast<std::size_t>(i)];
        if (posterior.row(i).maxCoeff() <= 0) continue;
        sure[k] += posterior(i, k);
        sizes[k] += 1;
    }
    sure = sure.cwiseQuotient(sizes.cwiseMax(W(1)));
    std::vector<Index> out;
    for (Index i = 0; i < n; ++i) {
        Index best = 0;
        const W most = posterior.row(i).maxCoeff(&best);
        if (most > 0 && sizes[best] > 0 && most >= sure[best] &&
            best != labels[static_cast<std::size_t>(i)])
            out.push_back(i);
    }
    return out;
}

/// Whether at least half of i's neighbours bear its label: wrong labels are alone, those of a
/// region are not.
template <class Labels>
[[nodiscard]] bool shares_label(const Graph& graph, const Labels& labels, Index i) {
    const Label own = labels[static_cast<std::size_t>(i)];
    Index same = 0;
    for (const Index j : graph.of(i)) same += labels[static_cast<std::size_t>(j)] == own;
    return graph.degree(i) > 0 && 2 * same >= graph.degree(i);
}

/// Each cell's six nearest of its section (codes, or empty), or as many as there are; none where
/// places are not known (0 rows).
template <class Places, class Section = std::vector<std::int32_t>>
[[nodiscard]] Graph six_nearest(Index cells, const Places& places, const Section& section,
                                const RunOptions& run) {
    if (places.rows() == 0 || cells < 2) return Graph::from_edges(cells, {});
    std::vector<std::string> names;
    for (const std::int32_t s : section) names.push_back(std::to_string(s));
    return KnnGraph{{.neighbors = std::min<Index>(6, cells - 1), .allow_duplicates = true}}.fit(
        places, names, run);
}

/// Cells whose class occurs in more than one section.
template <class Labels, class Section>
[[nodiscard]] Index cells_of_shared_classes(const Labels& labels, const Section& section,
                                            Index classes) {
    std::vector<std::int32_t> first(static_cast<std::size_t>(classes), -1);
    std::vector<char> shared(first.size(), 0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto k = static_cast<std::size_t>(labels[i]);
        if (first[k] < 0) first[k] = section[i];
        if (first[k] != section[i]) shared[k] = 1;
    }
    Index cells = 0;
    for (const Label k : labels) cells += shared[static_cast<std::size_t>(k)];
    return cells;
}

/// Fold of each cell, and how many there are.
struct Folds {
    std::vector<Index> of_cell;
    Index count = 2;
};

/// Cuts the cells into folds, in one way or several: by section where there are several (codes, or
/// empty); else, four ways, patches of tissue in two halves, or random halves where places are not
/// known.
template <class Places, class Section>
[[nodiscard]] std::vector<Folds> cut_folds(const Places& coordinates, const Section& section,
                                           Index cells, RandomStream& random, int threads) {
    const Index sections =
        section.empty() ? 1 : *std::max_element(section.begin(), section.end()) + 1;
    if (sections > 1) return {{{section.begin(), section.end()}, sections}};
    constexpr Index ways = 4;
    std::vector<Folds> cuts(static_cast<std::size_t>(ways),
                            {std::vector<Index>(static_cast<std::size_t>(cells), 0)});
    constexpr Index patches = 30;
    if (coordinates.rows() != cells || cells < 2 * patches) {
        for (auto& cut : cuts)
            for (auto& f : cut.of_cell) f = random.below(2);
        return cuts;
    }
    std::vector<Matrix<typename Places::Scalar>> centers;
    for (Index way = 0; way < ways; ++way)
        centers.push_back(draw_centers(coordinates, patches, random));
    parallel_for(ways, threads, [&](Index way) {
        const auto at = static_cast<std::size_t>(way);
        const auto patch = k_means(coordinates, centers[at], 50);
        for (std::size_t i = 0; i < patch.size(); ++i) cuts[at].of_cell[i] = patch[i] % 2;
    });
    return cuts;
}

/// A fold of the cells, and what the others make of it.
template <class W>
struct HeldOut {
    std::vector<Index> cells;
    Index tested = 0;           // of them, those of a class that the others hold
    Index right[2] = {0, 0};    // of those, by discriminant axes and by all factors
    RowMatrix<W> posterior[2];  // cells × K
};

/// Names the cells of fold f by densities of the others, with the Potts field on. Of cells whose
/// class the others do not hold nothing is said, nor where those hold fewer than two.
template <class W>
[[nodiscard]] HeldOut<W> name_held_out(const RowMatrix<W>& scores, Index factors,
                                       std::span<const Label> labels, Index classes,
                                       const RowMatrix<double>& places,
                                       const std::vector<std::int32_t>& section,
                                       const std::vector<Index>& fold, Index f,
                                       const RunOptions& run) {
    HeldOut<W> out;
    auto& test = out.cells;
    std::vector<Index> train;
    for (Index i = 0; i < scores.rows(); ++i)
        (fold[static_cast<std::size_t>(i)] == f ? test : train).push_back(i);
    std::vector<Label> code(static_cast<std::size_t>(classes), left_out), seen, train_labels;
    for (const Index i : train) {
        const Label own = labels[static_cast<std::size_t>(i)];
        auto& c = code[static_cast<std::size_t>(own)];
        if (c == left_out) {
            c = static_cast<Label>(seen.size());
            seen.push_back(own);
        }
        train_labels.push_back(c);
    }
    if (seen.size() < 2 || test.size() < 2) return {};
    std::vector<std::int32_t> section_of_test;
    if (!section.empty())
        for (const Index i : test) section_of_test.push_back(section[static_cast<std::size_t>(i)]);
    const Graph graph = six_nearest(
        std::ssize(test), places.rows() > 0 ? rows_at(places, test) : places, section_of_test, run);
    const RowMatrix<W> of_others = scores(train, Eigen::all), own = scores(test, Eigen::all);
    for (int s = 0; s < 2; ++s) {
        const auto space = s == 0 ? ScoreSpace::discriminant : ScoreSpace::factors;
        const Index count = std::ssize(seen);
        const auto described = describe_classes(space, of_others, factors, train_labels, count);
        const Index d = described.weights.cols();
        const MixturePrior<W> fixed{described.densities.gaussians,
                                    Vector<W>::Constant(count, W(1e6)),
                                    Vector<W>::Constant(count, W(1e6) + static_cast<W>(d))};
        const RowMatrix<W> v = times(own, described.weights);
        const auto fit = MeanField<W>(v, graph, {.max_iterations = 15}, run).fit(fixed);
        out.posterior[s] = RowMatrix<W>::Zero(v.rows(), classes);
        out.tested = 0;
        for (Index i = 0; i < v.rows(); ++i) {
            const Label truth = labels[static_cast<std::size_t>(test[static_cast<std::size_t>(i)])];
            if (code[static_cast<std::size_t>(truth)] == left_out) continue;
            ++out.tested;
            Index best = 0;
            fit.responsibilities.row(i).maxCoeff(&best);
            out.right[s] += seen[static_cast<std::size_t>(best)] == truth;
            for (Index k = 0; k < count; ++k)
                out.posterior[s](i, seen[static_cast<std::size_t>(k)]) = fit.responsibilities(i, k);
        }
    }
    return out;
}

}  // namespace detail

/// Chooses the space by the accuracy with which it names held-out source cells, their densities
/// fixed and the Potts field on: leaving out a section at a time where there are several, else
/// patches of the tissue (four ways to cut them). A label is believed unless its cell's expression
/// contradicts it and, where coordinates are known, its neighbours do not bear it; a class keeps
/// its labels where most would be lost. scores_of(cells) gives the scores of some cells, a row
/// each, found without the labels; about 20,000 at most are looked at. labels: n; coordinates:
/// n × 2, or 0 × 0 where unknown; section: n codes, or empty. Throws ShapeMismatch.
template <class ScoresOf>
[[nodiscard]] ScoreSpaceFit choose_score_space_of(ScoresOf&& scores_of, Index factors,
                                                  std::span<const Label> labels, Index classes,
                                                  const RowMatrix<double>& coordinates,
                                                  std::span<const std::int32_t> section,
                                                  const RunOptions& run = {}) {
    const Index rows = std::ssize(labels);
    require<ShapeMismatch>((section.empty() || std::ssize(section) == rows) &&
                               (coordinates.rows() == 0 || coordinates.rows() == rows),
                           "choose_score_space: labels has ", rows, " and section ", section.size(),
                           " entries, coordinates have ", coordinates.rows(), " rows");
    RandomStream random(run.seed, 0x53504143);
    const std::vector<Index> cells = some_of_each(labels, classes, 20'000, random);
    const auto z = scores_of(std::span<const Index>(cells));
    using W = typename std::decay_t<decltype(z)>::Scalar;
    const Index n = std::ssize(cells);
    const RowMatrix<double> places =
        coordinates.rows() > 0 ? detail::rows_at(coordinates, cells) : RowMatrix<double>();
    std::vector<Label> y;
    std::vector<std::int32_t> of_section;
    std::vector<Index> sizes(static_cast<std::size_t>(classes), 0);
    for (const Index i : cells) {
        y.push_back(labels[static_cast<std::size_t>(i)]);
        ++sizes[static_cast<std::size_t>(y.back())];
        if (!section.empty()) of_section.push_back(section[static_cast<std::size_t>(i)]);
    }

    ScoreSpaceFit out{{}, std::vector<Label>(labels.size(), left_out)};
    ScoreSpaceChoice& choice = out.choice;
    choice.largest_class_share =
        static_cast<double>(*std::max_element(sizes.begin(), sizes.end())) /
        static_cast<double>(std::max<Index>(1, n));
    // a class that no other section holds cannot be named there: where most cells are of such
    // classes, sections are no folds
    const bool by_section =
        !of_section.empty() && 2 * detail::cells_of_shared_classes(y, of_section, classes) >= n;
    const std::vector<std::int32_t> none;
    const auto& folds_of = by_section ? of_section : none;
    const auto& between = by_section ? none : of_section;  // sections that share a fold
    const auto cuts = detail::cut_folds(places, folds_of, n, random, run.threads);
    std::vector<std::pair<std::size_t, Index>> parts;
    for (std::size_t c = 0; c < cuts.size(); ++c)
        for (Index f = 0; f < cuts[c].count; ++f) parts.emplace_back(c, f);
    std::vector<detail::HeldOut<W>> held_out_parts(parts.size());
    parallel_for(std::ssize(parts), run.threads, [&](Index part) {
        const auto [cut, f] = parts[static_cast<std::size_t>(part)];
        held_out_parts[static_cast<std::size_t>(part)] =
            detail::name_held_out<W>(z, factors, y, classes, places, between, cuts[cut].of_cell, f,
                                     {.threads = 1, .stop = run.stop});
    });
    Index tested = 0, right[2] = {0, 0};
    RowMatrix<W> posterior[2] = {RowMatrix<W>::Zero(n, classes), RowMatrix<W>::Zero(n, classes)};
    for (const auto& part : held_out_parts) {
        tested += part.tested;
        for (int s = 0; s < 2; ++s) {
            right[s] += part.right[s];
            for (std::size_t i = 0; i < part.cells.size(); ++i)
                posterior[s].row(part.cells[i]) += part.posterior[s].row(static_cast<Index>(i));
        }
    }
    if (tested > 0) {
        choice.discriminant_accuracy = static_cast<double>(right[0]) / static_cast<double>(tested);
        choice.factors_accuracy = static_cast<double>(right[1]) / static_cast<double>(tested);
    }
    choice.best = choice.discriminant_accuracy >= choice.factors_accuracy ? ScoreSpace::discriminant
                                                                          : ScoreSpace::factors;
    for (std::size_t i = 0; i < cells.size(); ++i)
        out.believed[static_cast<std::size_t>(cells[i])] = y[i];
    if (tested == 0) return out;
    RowMatrix<W>& held_out = posterior[choice.best == ScoreSpace::discriminant ? 0 : 1];
    for (Index i = 0; i < n; ++i) detail::normalize_row(held_out, i);
    const auto contradicted = detail::contradicted_labels(held_out, y);
    choice.contradicted_share = static_cast<double>(contradicted.size()) / static_cast<double>(n);
    const Graph around = detail::six_nearest(n, places, of_section, run);
    std::vector<Index> wrong, left = sizes;
    for (const Index i : contradicted)
        if (!detail::shares_label(around, y, i)) {
            wrong.push_back(i);
            --left[static_cast<std::size_t>(y[static_cast<std::size_t>(i)])];
        }
    for (const Index i : wrong) {
        // a class that would lose most of its cells is hard to tell apart, not badly labelled
        const auto k = static_cast<std::size_t>(y[static_cast<std::size_t>(i)]);
        if (2 * left[k] >= sizes[k])
            out.believed[static_cast<std::size_t>(cells[static_cast<std::size_t>(i)])] = left_out;
    }
    return out;
}

/// The same for scores of all cells (n × any).
template <class W>
[[nodiscard]] ScoreSpaceFit choose_score_space(const RowMatrix<W>& scores, Index factors,
                                               std::span<const Label> labels, Index classes,
                                               const RowMatrix<double>& coordinates,
                                               std::span<const std::int32_t> section,
                                               const RunOptions& run = {}) {
    require<ShapeMismatch>(std::ssize(labels) == scores.rows(), "choose_score_space: labels has ",
                           labels.size(), " entries, scores have ", scores.rows(), " rows");
    return choose_score_space_of(
        [&](std::span<const Index> cells) { return RowMatrix<W>(scores(cells, Eigen::all)); },
        factors, labels, classes, coordinates, section, run);
}

}  // namespace transst
