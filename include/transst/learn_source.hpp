// What can be learned from labelled sources alone, before any target is seen: FindRegions applies
// it to one, and transst/io/model_file.hpp keeps it in a file.
#pragma once

#include <transst/cluster/name_clusters.hpp>
#include <transst/cluster/score_space.hpp>
#include <transst/graph/neighborhood_means.hpp>
#include <transst/preprocess/class_information.hpp>
#include <transst/preprocess/prepare.hpp>
#include <transst/reduce/pldr.hpp>
#include <transst/transfer/source_relevance.hpp>

namespace transst {

/// The source's classes as anchors of a target's clusters.
struct SourceAnchors {
    ScoreSpaceChoice space;            ///< how well held-out cells of the source are named
    DescribedClasses<double> classes;  ///< in the better space, of cells whose labels are believed
};

/// All that FindRegions needs of labelled sources: what LearnSource::fit finds. A plain value of a
/// few megabytes, whatever the sources' size.
struct SourceModel {
    std::vector<std::string> genes;        ///< p ids, as the first source has them
    std::vector<std::string> symbols;      ///< p; or empty
    std::vector<std::string> class_names;  ///< K
    std::vector<std::string> sources;      ///< their names
    std::vector<Values> values;            ///< what the entries of each were
    Index labelled_cells = 0;              ///< of all sources
    std::uint64_t seed = 1;                ///< of RunOptions
    Prepare::Options prepare{};            ///< as learned with; a target that is clustered alone is
                                           ///< prepared so, too
    bool placed = false;                   ///< every labelled cell has coordinates
    std::vector<Index> scales;             ///< neighbours that scores are averaged over: 0, …

    SourceWitness<double> witness;      ///< for SourceRelevance
    PLDRFit<double> pldr;               ///< factors (q)
    SourceAnchors anchors;              ///< classes in the space of scores
    Vector<double> information;         ///< class_information of each gene (p)
    Matrix<double> profiles;            ///< centered_profiles of the classes: p × K
    std::vector<std::string> warnings;  ///< what went badly, in words

    /// The model in some of its genes (positions that rise, each once). Scores stay estimates of
    /// the same factors. Throws InvalidArgument for a position that does not exist.
    template <class Model = SourceModel>
    [[nodiscard]] Model with_genes(const std::vector<Index>& kept) const;

    /// Throws BadData, in words, where parts do not fit each other or a number is not finite.
    template <class = void>
    void check() const;
};

namespace detail {

/// Directed, nearest first, with as many neighbours as there are.
template <class Places>
[[nodiscard]] Graph nearest_spots(const Places& coordinates, std::span<const std::string> sections,
                                  Index neighbors, bool allow_duplicates, const RunOptions& run) {
    if (coordinates.rows() < 2) return Graph::from_edges(coordinates.rows(), {}, true);
    return KnnGraph{{.neighbors = std::min(neighbors, coordinates.rows() - 1),
                     .symmetric = false,
                     .allow_duplicates = allow_duplicates}}
        .fit(coordinates, sections, run);
}

/// What is known of the source, a part at a time.
class SourceParts {
public:
    virtual ~SourceParts() = default;
    [[nodiscard]] virtual const std::vector<std::string>& class_names() const = 0;
    [[nodiscard]] virtual bool placed() const = 0;
    [[nodiscard]] virtual const std::vector<Index>& scales() const = 0;
    [[nodiscard]] virtual const SourceWitness<double>& witness() = 0;
    [[nodiscard]] virtual const PLDRFit<double>& pldr() = 0;
    [[nodiscard]] virtual const SourceAnchors& anchors() = 0;
    [[nodiscard]] virtual const Vector<double>& information() = 0;
    [[nodiscard]] virtual const Matrix<double>& profiles() = 0;
};

/// Learns each part of a prepared source when it is first asked for, and times it.
template <class PreparedSource, class W = double>
class SourceInHand final : public SourceParts {
public:
    /// All is referred to; scales: neighbours that scores are averaged over, where places are
    /// known.
    SourceInHand(const PreparedSource& prepared, Index factors, const std::vector<Index>& scales,
                 const RunOptions& run, StepClock& clock)
        : prepared_(prepared),
          factors_(factors),
          placed_(prepared.source_coordinates.rows() == prepared.source.rows()),
          scales_(placed_ ? scales : std::vector<Index>{0}),
          run_(run),
          clock_(clock) {}

    [[nodiscard]] const std::vector<std::string>& class_names() const override {
        return prepared_.class_names;
    }
    [[nodiscard]] bool placed() const override { return placed_; }
    [[nodiscard]] const std::vector<Index>& scales() const override { return scales_; }

    [[nodiscard]] const SourceWitness<double>& witness() override {
        return once(witness_, "relevance", [&] {
            return SourceRelevance<>{{.factors = factors_}}.learn(prepared_.source, labels(),
                                                                  classes(), run_);
        });
    }

    [[nodiscard]] const PLDRFit<double>& pldr() override {
        return once(pldr_, "PLDR", [&] {
            const PLDR<> pldr{{.factors = factors_}};
            svd_ = pldr.start_svd().fit(
                prepared_.source, {.seed = run_.seed, .threads = run_.threads, .stop = run_.stop});
            return pldr.fit(prepared_.source, labels(), svd_, run_);
        });
    }

    [[nodiscard]] const SourceAnchors& anchors() override {
        const auto& factors = pldr();
        return once(anchors_, "score space", [&] {
            Graph nearest = Graph::from_edges(prepared_.source.rows(), {}, true);
            if (placed_) {
                std::vector<std::string> section;  // none: all cells are of the same
                if (prepared_.source.sections() > 1)
                    for (Index i = 0; i < prepared_.source.rows(); ++i)
                        section.push_back(std::to_string(prepared_.source.section_of(i)));
                nearest = nearest_spots(prepared_.source_coordinates, section, scales_.back(), true,
                                        run_);
            }
            const std::span<const Index> scales = scales_;
            // which space tells the classes apart, by scores that have not seen the labels
            svd_ =
                TruncatedSVD<>{{.factors = factors_, .max_iterations = 30, .tolerance = 1e-3}}.fit(
                    prepared_.source, std::move(svd_), run_);
            const auto found = choose_score_space_of(
                [&](std::span<const Index> cells) {
                    return neighborhood_means(svd_.scores, nearest, scales, cells, run_);
                },
                factors_, labels(), classes(), prepared_.source_coordinates,
                prepared_.source.section(), run_);
            svd_ = {};
            std::vector<Index> cells;
            std::vector<Label> believed;
            for (Index i = 0; i < prepared_.source.rows(); ++i)
                if (const Label k = found.believed[static_cast<std::size_t>(i)]; k != left_out) {
                    cells.push_back(i);
                    believed.push_back(k);
                }
            const auto means = neighborhood_means(factors.transform(prepared_.source, run_),
                                                  nearest, scales, cells, run_);
            return SourceAnchors{found.choice, describe_classes(found.choice.best, means, factors_,
                                                                believed, classes())};
        });
    }

    [[nodiscard]] const Vector<double>& information() override {
        return once(information_, "informative genes",
                    [&] { return class_information(prepared_.source, labels(), classes(), run_); });
    }

    [[nodiscard]] const Matrix<double>& profiles() override {
        return once(profiles_, "profiles",
                    [&] { return centered_profiles(prepared_.source, labels(), classes(), run_); });
    }

private:
    template <class Part>
    struct Once {
        Part value;
        bool learned = false;
    };

    template <class Part, class Learn>
    const Part& once(Once<Part>& part, const char* step, Learn&& learn) {
        if (part.learned) return part.value;
        run_.begin(step);
        part.value = learn();
        part.learned = true;
        clock_.end(step);
        return part.value;
    }

    [[nodiscard]] std::span<const Label> labels() const { return prepared_.labels; }
    [[nodiscard]] Index classes() const { return std::ssize(prepared_.class_names); }

    const PreparedSource& prepared_;
    const Index factors_;
    const bool placed_;
    const std::vector<Index> scales_;
    const RunOptions& run_;
    StepClock& clock_;
    Once<SourceWitness<W>> witness_;
    SVDFit<W> svd_;  // where the factors start; that of the score space goes on from it
    Once<PLDRFit<W>> pldr_;
    Once<SourceAnchors> anchors_;
    Once<Vector<W>> information_;
    Once<Matrix<W>> profiles_;
};

/// Those of a model.
class KnownSource final : public SourceParts {
public:
    explicit KnownSource(const SourceModel& model) : model_(model) {}

    [[nodiscard]] const std::vector<std::string>& class_names() const override {
        return model_.class_names;
    }
    [[nodiscard]] bool placed() const override { return model_.placed; }
    [[nodiscard]] const std::vector<Index>& scales() const override { return model_.scales; }
    [[nodiscard]] const SourceWitness<double>& witness() override { return model_.witness; }
    [[nodiscard]] const PLDRFit<double>& pldr() override { return model_.pldr; }
    [[nodiscard]] const SourceAnchors& anchors() override { return model_.anchors; }
    [[nodiscard]] const Vector<double>& information() override { return model_.information; }
    [[nodiscard]] const Matrix<double>& profiles() override { return model_.profiles; }

private:
    const SourceModel& model_;
};

template <class = void>
void check_scales(const std::vector<Index>& scales, std::string_view caller) {
    require(!scales.empty() && scales.front() == 0 && std::is_sorted(scales.begin(), scales.end()),
            caller, ": scales must rise from 0");
}

/// cells, spots: 0 where there is no source or no target.
template <class = void>
void check_factors(Index factors, Index cells, Index spots, Index genes, std::string_view caller) {
    Index least = genes;
    std::string found;
    if (cells > 0) found += text(", the labelled cells are ", cells);
    if (spots > 0) found += text(", the spots ", spots);
    for (const Index rows : {cells, spots})
        if (rows > 0) least = std::min(least, rows);
    require<BadData>(least > 1, caller, ": there is one ",
                     genes == 1   ? "gene, and a factor takes two or more; take a sample, or a "
                                    "list of genes, with more that vary and that all have"
                     : spots == 1 ? "spot, and regions take two or more; take a larger target"
                                  : "labelled cell, and a factor takes two or more; take a larger "
                                    "source");
    require(factors >= 1 && factors < least, caller, ": factors = ", factors, found,
            " and the genes ", genes, "; factors must be at least 1 and below ", least);
}

}  // namespace detail

/// Learns from labelled sources what any target of their kind can be told by.
///
///     const auto model = transst::LearnSource{}.fit(source);
///     const auto fit = transst::FindRegions{{.clusters = 7}}.fit(model, target);
///
/// The regions are those of FindRegions{…}.fit(source, target) with genes_from = source, bit for
/// bit, where the target has all of the genes and each varies in it. Of several sources all are
/// learned from: which of them say most of a target cannot be known before it is.
struct LearnSource {
    static constexpr std::string_view name = "LearnSource";

    struct Options {
        Prepare::Options prepare{};               ///< genes_from is the source's, whatever it says
        Index factors = 15;                       ///< q
        std::vector<Index> scales{0, 6, 18, 36};  ///< neighbours that scores are averaged over
    } options{};

    /// sources: one or more, labelled. On a request to stop, the parts are the best so far. Throws
    /// what Prepare::fit_sources throws, BadData for a single labelled cell or gene, and
    /// InvalidArgument for factors not in [1, min(labelled cells, genes)) or scales that do not
    /// rise from 0.
    template <class Expression>
    [[nodiscard]] SourceModel fit(std::span<const Sample<Expression>* const> sources,
                                  const RunOptions& run = {}) const {
        detail::check_scales(options.scales, "LearnSource::fit");
        run.begin("prepare");
        const auto prepared = Prepare{options.prepare}.fit_sources(sources, run);
        detail::check_factors(options.factors, prepared.source.rows(), 0, prepared.source.cols(),
                              "LearnSource::fit");
        StepClock clock;
        detail::SourceInHand source(prepared, options.factors, options.scales, run, clock);
        SourceModel model{.genes = prepared.genes,
                          .symbols = prepared.symbols,
                          .class_names = prepared.class_names,
                          .sources = {},
                          .values = {},
                          .labelled_cells = prepared.source.rows(),
                          .seed = run.seed,
                          .prepare = options.prepare,
                          .placed = source.placed(),
                          .scales = source.scales(),
                          .witness = source.witness(),
                          .pldr = source.pldr(),
                          .anchors = source.anchors(),
                          .information = source.information(),
                          .profiles = source.profiles(),
                          .warnings = prepared.warnings};
        model.prepare.genes_from = GenesFrom::source;
        for (const auto* one : sources) {
            model.sources.push_back(one->name);
            model.values.push_back(one->values);
        }
        return model;
    }

    /// Several sources.
    template <class Expression>
    [[nodiscard]] SourceModel fit(const std::vector<Sample<Expression>>& sources,
                                  const RunOptions& run = {}) const {
        std::vector<const Sample<Expression>*> seen;
        for (const auto& source : sources) seen.push_back(&source);
        return fit(std::span<const Sample<Expression>* const>(seen), run);
    }

    /// One source.
    template <class Expression>
    [[nodiscard]] SourceModel fit(const Sample<Expression>& source,
                                  const RunOptions& run = {}) const {
        const Sample<Expression>* const one[] = {&source};
        return fit(std::span<const Sample<Expression>* const>(one), run);
    }
};

template <class Model>
Model SourceModel::with_genes(const std::vector<Index>& kept) const {
    const Index p = std::ssize(genes);
    detail::check_positions(kept, p, "SourceModel::with_genes", "gene");
    const Model& whole = *this;
    Model out = whole;
    out.genes.clear();
    out.symbols.clear();
    std::vector<Index> place(static_cast<std::size_t>(p), -1);
    for (const Index j : kept) {
        const auto at = static_cast<std::size_t>(j);
        place[at] = std::ssize(out.genes);
        out.genes.push_back(genes[at]);
        if (!symbols.empty()) out.symbols.push_back(symbols[at]);
    }
    out.pldr.loading = whole.pldr.loading(kept, Eigen::all);
    out.pldr.noise_variance = whole.pldr.noise_variance(kept);
    out.information = whole.information(kept);
    out.profiles = whole.profiles(kept, Eigen::all);
    out.witness.profiles = whole.witness.profiles(Eigen::all, kept);
    for (auto& half : out.witness.of_half_the_cells) half = Matrix<double>(half(Eigen::all, kept));
    for (auto& half : out.witness.halves) {
        std::vector<Index> rows, calling, held_out;
        for (std::size_t i = 0; i < half.calling.size(); ++i)
            if (const Index j = place[static_cast<std::size_t>(half.calling[i])]; j >= 0) {
                rows.push_back(static_cast<Index>(i));
                calling.push_back(j);
            }
        for (const Index gene : half.held_out)
            if (const Index j = place[static_cast<std::size_t>(gene)]; j >= 0)
                held_out.push_back(j);
        if (rows.size() < half.calling.size()) {
            // singular vectors cut short are no longer orthonormal: least squares makes up for
            // that, with a ridge, since genes may be fewer than factors
            const auto cut = detail::rows_at(half.loading, rows);
            auto gram = detail::times(detail::transposed(cut), cut);
            gram.diagonal().array() +=
                1e-3 * gram.trace() / static_cast<double>(gram.rows()) + 1e-300;
            half.loading = detail::over_symmetric(cut, gram);
        }
        half.calling = std::move(calling);
        half.held_out = std::move(held_out);
    }
    return out;
}

template <class>
void SourceModel::check() const {
    const Index p = std::ssize(genes), classes = std::ssize(class_names), q = pldr.factors(),
                d = anchors.classes.weights.cols();
    const auto hold = [](bool holds, const char* what) {
        require<BadData>(holds, "SourceModel: ", what, " do not fit the rest");
    };
    const auto shaped = [](const auto& m, Index rows, Index columns) {
        return m.rows() == rows && m.cols() == columns && m.allFinite();
    };
    const auto square = [&](const std::vector<Matrix<double>>& all, Index size) {
        return std::ssize(all) == classes &&
               std::all_of(all.begin(), all.end(),
                           [&](const auto& m) { return shaped(m, size, size); });
    };
    hold(p > 0 && classes > 0 && values.size() == sources.size() &&
             (symbols.empty() || symbols.size() == genes.size()) && labelled_cells > 0,
         "genes, symbols and classes");
    hold(!scales.empty() && scales.front() == 0 && std::is_sorted(scales.begin(), scales.end()) &&
             (placed || scales.size() == 1),
         "scales");
    hold(prepare.genes >= 1 && prepare.standardize == StandardizeOver::section,
         "the options of Prepare");
    hold(q >= 1 && shaped(pldr.loading, p, q) && shaped(pldr.noise_variance, p, 1) &&
             pldr.noise_variance.minCoeff() > 0 && shaped(pldr.means, classes, q) &&
             square(pldr.covariances, q) && std::ssize(pldr.class_sizes) == classes &&
             shaped(pldr.score_moment, q, q),
         "the factors");
    hold(shaped(anchors.classes.weights, q * std::ssize(scales), d) && d >= 1 &&
             shaped(anchors.classes.densities.gaussians.means, classes, d) &&
             square(anchors.classes.densities.gaussians.covariances, d) &&
             shaped(anchors.classes.densities.sizes, classes, 1) &&
             (anchors.space.best == ScoreSpace::factors || classes < 2
                  ? anchors.classes.means.size() == 0 && anchors.classes.within.size() == 0
                  : shaped(anchors.classes.means, classes, anchors.classes.weights.rows()) &&
                        shaped(anchors.classes.within, anchors.classes.weights.rows(),
                               anchors.classes.weights.rows())),
         "the anchors");
    hold(shaped(information, p, 1) && shaped(profiles, p, classes) &&
             shaped(witness.profiles, classes, p) &&
             shaped(witness.of_half_the_cells[0], classes, p) &&
             shaped(witness.of_half_the_cells[1], classes, p),
         "the profiles");
    for (const auto& half : witness.halves) {
        const auto rising = [&](const std::vector<Index>& columns) {
            return std::adjacent_find(columns.begin(), columns.end(), std::greater_equal<>()) ==
                       columns.end() &&
                   (columns.empty() || (columns.front() >= 0 && columns.back() < p));
        };
        hold(rising(half.calling) && rising(half.held_out) &&
                 shaped(half.loading, std::ssize(half.calling), half.axes.rows()) &&
                 shaped(half.axes, half.axes.rows(), half.axes.cols()) &&
                 shaped(half.centers, classes, half.axes.cols()),
             "the halves of the genes");
    }
}

}  // namespace transst
