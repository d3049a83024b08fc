// Whether clusters found with a source are worth those that the target has by itself. Ours.
#pragma once

#include <transst/cluster/cluster_information.hpp>
#include <transst/regions/alone.hpp>

namespace transst::detail {

/// Holds clusters against as many of the target alone, by what both tell (cluster_information) of
/// the target's factors, over the genes that are seen with the source. Up to twice as many factors
/// as clusters are drawn in, so that the target's own clusters have not seen all of them either.
/// Where these are drawn in scores averaged with the neighbours', factors are averaged, too: kinds
/// of cells that lie in all regions tell much of single spots and nothing of regions. by_itself():
/// the fit of the target alone.
template <class Rows, class ByItself>
class Comparison {
public:
    /// All is referred to.
    Comparison(const RegionsOptions& options, const Standardized<Rows>& target, const Graph& graph,
               ByItself& by_itself, const RunOptions& run, StepClock& clock)
        : options_(options),
          target_(target),
          graph_(graph),
          by_itself_(by_itself),
          run_(run),
          clock_(clock) {}

    /// Whether out's clusters tell that part of what the target's own do that the options ask for,
    /// which is said. regions: they are regions, whatever the target's own are, and are asked of
    /// averaged factors. True where it is not known: after a request to stop, or where the target
    /// cannot be clustered alone.
    [[nodiscard]] bool enough(RegionsFit& out, bool regions = false) {
        out.information.reset();
        out.information_alone.reset();
        // more clusters tell more: as many are held against one another
        const Index clusters = occupied(out.clusters);
        const double around =
            1 + static_cast<double>(graph_.entries()) / static_cast<double>(graph_.nodes());
        bool averaged = false;
        double own = 0, found = 0;
        try {
            if (run_.stop.stop_requested()) return true;
            const RegionsFit& alone = by_itself_();
            if (run_.stop.stop_requested()) return true;
            run_.begin("comparison");
            if (factors_.size() == 0) factors_ = own_factors(around);
            averaged = regions || alone.averaged;
            const auto smooth =
                averaged ? average_with_neighbors(factors_, graph_) : RowMatrix<double>{};
            const Index most = std::max(out.clusters.clusters(), alone.clusters.clusters());
            const auto told_by = [&](const std::vector<Label>& labels) {
                return cluster_information(averaged ? smooth : factors_, labels, most,
                                           target_.section(), averaged ? around : 1);
            };
            found = told_by(out.clusters.labels);
            own = told_by(occupied(alone.clusters) == clusters
                              ? alone.clusters.labels
                              : free_fits(options_, run_)(alone.scores, graph_, clusters).labels);
            if (run_.stop.stop_requested()) return true;
        } catch (const Stopped&) {
            return true;
        } catch (const Error& error) {
            out.warnings.push_back(
                text("the clusters are not held against the target's own: ", error.what()));
            return true;
        }
        clock_.end("comparison");
        out.information = found;
        out.information_alone = own;
        const bool enough = found >= options_.information_from * own;
        out.decisions.push_back(
            text("of the target's own factors", averaged ? ", averaged over neighbours," : "",
                 " the ", clusters, clusters == 1 ? " cluster" : " clusters", " so found tell",
                 clusters == 1 ? "s " : " ", rounded(found), " nats a spot, ", clusters,
                 " of the target alone ", rounded(own),
                 enough ? "" : ": much is missed, and the former are given up"));
        return enough;
    }

private:
    /// So few that their covariances are told by the spots, also where each is averaged with those
    /// around it.
    [[nodiscard]] RowMatrix<double> own_factors(double around) const {
        const auto told = static_cast<Index>(static_cast<double>(target_.rows()) / (5 * around));
        const Index most = std::min(2 * options_.factors, std::max<Index>(1, target_.cols() - 1));
        return own_scores(target_, std::clamp<Index>(told, 1, most), run_);
    }

    const RegionsOptions& options_;
    const Standardized<Rows>& target_;
    const Graph& graph_;
    ByItself& by_itself_;
    const RunOptions& run_;
    StepClock& clock_;
    RowMatrix<double> factors_;  // once they are needed
};

}  // namespace transst::detail
