// The criteria by which Prepare ranks genes, and a user's own list of them.
#pragma once

#include <transst/graph/knn_graph.hpp>
#include <transst/preprocess/align_genes.hpp>
#include <transst/preprocess/log_normalize.hpp>
#include <transst/preprocess/morans_genes.hpp>
#include <transst/preprocess/select_genes.hpp>
#include <transst/preprocess/sparkx.hpp>
#include <transst/preprocess/vst.hpp>

#include <cstdint>
#include <span>

namespace transst {

/// Whether a criterion needs to know where each cell lies.
[[nodiscard]] inline bool is_spatial(GeneCriterion criterion) {
    return criterion == GeneCriterion::spark_x || criterion == GeneCriterion::morans_i;
}

namespace detail {

/// What a criterion looks at: some samples, the columns of their common genes, the section of each
/// of their rows (negative: left out), and the sections' names.
template <class Expression, class View>
struct GeneEvidence {
    std::span<const Sample<Expression>* const> samples;
    std::span<const View> views;  // log-normalised
    std::span<const std::vector<Index>> columns;
    std::span<const std::vector<std::int32_t>> section;
    std::span<const std::string> section_names;

    /// Calls visit(rows used, their coordinates, their sections) for the expression that
    /// `see(sample number)` gives.
    template <class See, class Visit>
    void for_each_place(See&& see, Visit&& visit) const {
        for (std::size_t s = 0; s < samples.size(); ++s) {
            std::vector<Index> used;
            std::vector<std::string> names;
            for (Index i = 0; i < samples[s]->rows(); ++i) {
                const auto number = section[s][static_cast<std::size_t>(i)];
                if (number < 0) continue;
                used.push_back(i);
                names.push_back(section_names[static_cast<std::size_t>(number)]);
            }
            if (used.empty()) continue;
            const RowMatrix<double> places = samples[s]->coordinates(used, Eigen::all);
            const auto rows = see(s);
            const GeneSubset genes(rows, columns[s]);
            visit(select_rows(genes, std::move(used)), places, names);
        }
    }
};

/// Throws unless the criterion can be computed on this sample.
template <class Expression>
void check_criterion(const Sample<Expression>& sample, GeneCriterion criterion) {
    require(criterion != GeneCriterion::variance_stabilized || sample.values == Values::counts,
            "Prepare: the criterion variance_stabilized needs counts, but ", sample.name,
            " has log expression; hand over its counts, or rank genes by variance");
    if (!is_spatial(criterion)) return;
    require<ShapeMismatch>(
        sample.coordinates.rows() == sample.rows() && sample.coordinates.cols() == 2,
        "Prepare: a spatial criterion needs to know where each cell lies, but ", sample.name,
        " has ", sample.rows(), " cells and coordinates of ", sample.coordinates.rows(), " x ",
        sample.coordinates.cols(), "; hand over n x 2, rank genes from the target alone ",
        "(genes_from), or rank them by variance");
}

/// Values of the criterion (p), the larger the better; genes whose log expression, of these sums,
/// does not vary get −1.
template <class Expression, class View, class Sums>
[[nodiscard]] Vector<double> criterion_scores(const GeneEvidence<Expression, View>& evidence,
                                              const Sums& log_sums, GeneCriterion criterion,
                                              const RunOptions& run) {
    const auto counts = [&](std::size_t s) { return as_rows(evidence.samples[s]->expression); };
    using Counts = decltype(counts(0));
    const Index genes = log_sums.sum.size();
    Vector<Wide<typename View::Scalar>> score;
    if (criterion == GeneCriterion::variance_stabilized) {
        std::vector<Counts> rows;
        std::vector<GeneSubset<Counts>> subsets;
        rows.reserve(evidence.samples.size());
        for (std::size_t s = 0; s < evidence.samples.size(); ++s) {
            rows.push_back(counts(s));
            subsets.emplace_back(rows.back(), evidence.columns[s]);
        }
        score = vst(std::span<const GeneSubset<Counts>>(subsets), VST::Options{}.span, run,
                    [&](std::size_t s, Index i) {
                        return evidence.section[s][static_cast<std::size_t>(i)] >= 0;
                    })
                    .score;
    } else if (criterion == GeneCriterion::spark_x) {
        std::vector<SparkXFit> parts;
        evidence.for_each_place(counts, [&](const auto& x, const auto& places, const auto& names) {
            parts.push_back(SparkX{}.fit(x, places, names, run));
        });
        score = SparkX::combine(parts, genes).log_p_combined;
        score /= -std::numbers::ln10;
    } else if (criterion == GeneCriterion::morans_i) {
        MoransSums sums{Vector<double>::Zero(genes), Vector<double>::Zero(genes), 0, 0};
        const auto view = [&](std::size_t s) { return evidence.views[s]; };
        evidence.for_each_place(view, [&](const auto& x, const auto& places, const auto& names) {
            const auto near = std::min<Index>(6, std::max<Index>(1, x.rows() - 1));
            const KnnGraph knn{{.neighbors = near, .allow_duplicates = true}};
            sums += morans_sums(x, knn.fit(places, names, run), EdgeWeights::row_standardized, run);
        });
        score = sums.values();
        score = (1 + score.array()).max(0);
    } else {
        return gene_scores(log_sums, criterion);
    }
    return (log_sums.variance().array() > 0).select(score, -1);
}

/// Which of the common genes a list names, by id or symbol of any sample; what it misses is warned
/// about. Throws BadData if it names none.
template <class Position = std::size_t, class Samples>
[[nodiscard]] std::vector<char> listed_genes(const std::vector<std::string>& list,
                                             const Samples& samples, const GeneAlignment& aligned,
                                             std::vector<std::string>& warnings) {
    const std::size_t common = aligned.columns.front().size();
    std::unordered_map<std::string_view, std::vector<Position>> places;
    for (std::size_t s = 0; s < samples.size(); ++s)
        for (std::size_t j = 0; j < common; ++j) {
            const auto column = static_cast<std::size_t>(aligned.columns[s][j]);
            places[samples[s].ids[column]].push_back(j);
            if (!samples[s].symbols.empty()) places[samples[s].symbols[column]].push_back(j);
        }
    std::vector<char> listed(common, 0);
    std::vector<std::string> missing;
    for (const auto& name : list) {
        const auto at = places.find(name);
        if (at == places.end())
            missing.push_back(name);
        else
            for (const auto j : at->second) listed[j] = 1;
    }
    require<BadData>(missing.size() < list.size(), "Prepare: none of the ", list.size(),
                     " genes of gene_list ('", list.front(), "' is the first) is among the ",
                     common, " that the samples have in common ('",
                     samples.front().ids[static_cast<std::size_t>(aligned.columns[0][0])],
                     "' is the first); use the same ids or symbols");
    if (!missing.empty()) {
        std::string names;
        for (std::size_t i = 0; i < missing.size() && i < 5; ++i)
            names += text(i > 0 ? ", " : "", missing[i]);
        warnings.push_back(text("gene_list: ", missing.size(), " of ", list.size(),
                                missing.size() == 1 ? " genes is" : " genes are",
                                " not among those that the samples have in common (", names,
                                missing.size() > 5 ? ", …)" : ")"));
    }
    return listed;
}

}  // namespace detail
}  // namespace transst
