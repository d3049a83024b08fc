// What each way to find a target's regions with a source goes by.
#pragma once

#include <transst/learn_source.hpp>
#include <transst/regions/comparison.hpp>

namespace transst::detail {

/// At most 20,000 of n rows, evenly spaced.
template <class = void>
[[nodiscard]] std::vector<Index> evenly_spaced(Index n) {
    std::vector<Index> out;
    for (Index i = 0; i < n; i += (n + 19'999) / 20'000) out.push_back(i);
    return out;
}

/// `out` takes over what another way has found, compared and said.
template <class = void>
void take_over(RegionsFit& out, RegionsFit&& found) {
    static_cast<FoundRegions&>(out) = std::move(static_cast<FoundRegions&>(found));
    out.information = found.information;
    out.information_alone = found.information_alone;
    if (found.released_agreement) out.released_agreement = found.released_agreement;
    if (found.clusters_choice) out.clusters_choice = std::move(found.clusters_choice);
    for (auto& words : found.decisions) out.decisions.push_back(std::move(words));
    for (auto& words : found.warnings) out.warnings.push_back(std::move(words));
}

/// Nothing that a way has found is left, nor the number of clusters that it has chosen.
template <class = void>
void give_up(RegionsFit& out) {
    static_cast<FoundRegions&>(out) = {};
    if (out.clusters_choice)
        out.decisions.push_back(text("their number, ", out.clusters_choice->best,
                                     ", was chosen for them alone: the numbers are tried anew"));
    out.clusters_choice.reset();
}

/// A target and a source, and where to put what is found of them.
template <class Rows>
struct InHand {
    const RegionsOptions& options;
    const Standardized<Rows>& target;
    SourceParts& source;
    const Graph& nearest;  ///< spots that scores are averaged over
    const Graph& graph;    ///< of the Potts field
    const RunOptions& run;
    StepClock& clock;
    Comparison<Rows>& against_alone;
    RegionsFit& out;

    /// The same, with another place for what is found.
    [[nodiscard]] InHand into(RegionsFit& other) const {
        return {options, target, source, nearest, graph, run, clock, against_alone, other};
    }
};

}  // namespace transst::detail
