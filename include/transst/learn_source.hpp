// What can be learned from labelled sources alone, before any target is seen.
#pragma once

#include <transst/cluster/name_clusters.hpp>
#include <transst/cluster/score_space.hpp>
#include <transst/graph/neighborhood_means.hpp>
#include <transst/preprocess/class_information.hpp>
#include <transst/preprocess/prepare.hpp>
#include <transst/reduce/pldr.hpp>
#include <transst/transfer/source_relevance.hpp>

#include <optional>

namespace transst {

/// The source's classes as anchors of a target's clusters.
struct SourceAnchors {
    ScoreSpaceChoice space;            ///< how well held-out cells of the source are named
    DescribedClasses<double> classes;  ///< in the better space, of all cells
};

namespace detail {

/// Directed, nearest first, with as many neighbours as there are.
template <class = void>
[[nodiscard]] Graph nearest_spots(const RowMatrix<double>& coordinates,
                                  std::span<const std::string> sections, Index neighbors,
                                  bool allow_duplicates, const RunOptions& run) {
    if (coordinates.rows() < 2) return Graph::from_edges(coordinates.rows(), {}, true);
    return KnnGraph{{.neighbors = std::min(neighbors, coordinates.rows() - 1),
                     .symmetric = false,
                     .allow_duplicates = allow_duplicates}}
        .fit(coordinates, sections, run);
}

/// Learns each part of a prepared source when it is first asked for, and times it.
template <class PreparedSource>
class SourceInHand {
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

    [[nodiscard]] const std::vector<std::string>& class_names() const {
        return prepared_.class_names;
    }
    [[nodiscard]] bool placed() const { return placed_; }
    [[nodiscard]] const std::vector<Index>& scales() const { return scales_; }

    [[nodiscard]] const SourceWitness<double>& witness() {
        return once(witness_, "relevance", [&] {
            return SourceRelevance<>{{.factors = factors_}}.learn(prepared_.source, labels(),
                                                                  classes(), run_);
        });
    }

    [[nodiscard]] const PLDRFit<double>& pldr() {
        return once(pldr_, "PLDR", [&] {
            const PLDR<> pldr{{.factors = factors_}};
            svd_ = pldr.start_svd().fit(
                prepared_.source, {.seed = run_.seed, .threads = run_.threads, .stop = run_.stop});
            return pldr.fit(prepared_.source, labels(), svd_, run_);
        });
    }

    [[nodiscard]] const SourceAnchors& anchors() {
        const auto& factors = pldr();
        return once(anchors_, "score space", [&] {
            Graph nearest = Graph::from_edges(prepared_.source.rows(), {}, true);
            if (placed_) {
                std::vector<std::string> section;
                for (Index i = 0; i < prepared_.source.rows(); ++i)
                    section.push_back(std::to_string(prepared_.source.section_of(i)));
                nearest = nearest_spots(prepared_.source_coordinates, section, scales_.back(), true,
                                        run_);
            }
            const std::span<const Index> scales = scales_;
            SourceAnchors out;
            // which space tells the classes apart, by scores that have not seen the labels
            svd_ =
                TruncatedSVD<>{{.factors = factors_, .max_iterations = 30, .tolerance = 1e-3}}.fit(
                    prepared_.source, std::move(svd_), run_);
            out.space = choose_score_space_of(
                [&](std::span<const Index> cells) {
                    return neighborhood_means(svd_.scores, nearest, scales, cells, run_);
                },
                factors_, labels(), classes(), prepared_.source_coordinates,
                prepared_.source.section(), run_);
            svd_ = {};
            out.classes =
                describe_classes(out.space.best,
                                 neighborhood_means(factors.transform(prepared_.source, run_),
                                                    nearest, scales, run_),
                                 factors_, labels(), classes());
            return out;
        });
    }

    [[nodiscard]] const Vector<double>& information() {
        return once(information_, "informative genes",
                    [&] { return class_information(prepared_.source, labels(), classes(), run_); });
    }

    [[nodiscard]] const Matrix<double>& profiles() {
        return once(profiles_, "profiles",
                    [&] { return centered_profiles(prepared_.source, labels(), classes(), run_); });
    }

private:
    template <class Part, class Learn>
    const Part& once(std::optional<Part>& part, const char* step, Learn&& learn) {
        if (part) return *part;
        run_.begin(step);
        part = learn();
        clock_.end(step);
        return *part;
    }

    [[nodiscard]] std::span<const Label> labels() const { return prepared_.labels; }
    [[nodiscard]] Index classes() const { return std::ssize(prepared_.class_names); }

    const PreparedSource& prepared_;
    const Index factors_;
    const bool placed_;
    const std::vector<Index> scales_;
    const RunOptions& run_;
    StepClock& clock_;
    std::optional<SourceWitness<double>> witness_;
    SVDFit<double> svd_;  // where the factors start; that of the score space goes on from it
    std::optional<PLDRFit<double>> pldr_;
    std::optional<SourceAnchors> anchors_;
    std::optional<Vector<double>> information_;
    std::optional<Matrix<double>> profiles_;
};

}  // namespace detail

}  // namespace transst
