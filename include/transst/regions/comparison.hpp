// Whether clusters found with a source are worth those that the target has by itself. Ours.
#pragma once

#include <transst/cluster/cluster_information.hpp>
#include <transst/regions/alone.hpp>

#include <functional>
#include <map>

namespace transst::detail {

/// Holds clusters against as many of the target alone, by what both tell (cluster_information) of
/// the target's factors, over the genes that are seen with the source. Up to twice as many factors
/// as clusters are drawn in, so that the target's own clusters have not seen all of them either.
/// Where these are drawn in scores averaged with the neighbours', factors are averaged, too: kinds
/// of cells that lie in all regions tell much of single spots and nothing of regions.
///
/// Clusters anchored to the source's classes may tell somewhat less than the target's own: the
/// classes are knowledge that its factors do not hold. Free components beside them, and clusters
/// that only borrow genes or a loading, hold no other knowledge of the regions than the target's
/// own clusters do.
template <class Rows>
class Comparison {
public:
    /// All is referred to. by_itself(): the fit of the target alone.
    Comparison(const RegionsOptions& options, const Standardized<Rows>& target, const Graph& graph,
               std::function<const RegionsFit&()> by_itself, const RunOptions& run,
               StepClock& clock)
        : options_(options),
          target_(target),
          graph_(graph),
          by_itself_(std::move(by_itself)),
          run_(run),
          clock_(clock) {}

    /// The target's own fit; nothing after a request to stop, or where it cannot be clustered
    /// alone, of which `out` then warns.
    [[nodiscard]] const RegionsFit* own(RegionsFit& out) {
        try {
            if (run_.stop.stop_requested()) return nullptr;
            const RegionsFit& alone = by_itself_();
            return run_.stop.stop_requested() ? nullptr : &alone;
        } catch (const Stopped&) {
        } catch (const Error& error) {
            cannot_be_alone(out, error);
        }
        return nullptr;
    }

    /// Whether anchored clusters tell that part of what the target's own do that the options ask
    /// for, which is said. True where it is not known.
    [[nodiscard]] bool enough(RegionsFit& out) {
        return tells(out, part_of(out), false, "much is missed");
    }

    /// Of what the target's own clusters tell, the part that anchored ones must: that of the
    /// options, but all for free components.
    [[nodiscard]] double part_of(const RegionsFit& anchored) const {
        const auto all = static_cast<double>(anchored.clusters.clusters());
        const double free = static_cast<double>(anchored.free_components) / all;
        return (1 - free) * options_.information_from + free;
    }

    /// Whether clusters that borrow genes or a loading do. They are asked of averaged factors,
    /// whatever the target's own clusters are.
    [[nodiscard]] bool ahead(RegionsFit& out) {
        return tells(out, options_.borrowed_from, true, "which is no gain");
    }

    /// Whether the one's clusters, or that part of what they tell, tell more than the other's, each
    /// in units of what as many of the target alone do. Nothing where it is not known: after a
    /// request to stop, or where the target cannot be clustered alone.
    [[nodiscard]] std::optional<bool> more(RegionsFit& one, RegionsFit& other, double part = 1) {
        if (!tell(one) || !tell(other)) return {};
        const auto told = [](const RegionsFit& fit) {
            const double found = *fit.information, own = *fit.information_alone;
            return own > 0 ? found / own : found > 0 ? INFINITY : 0.0;
        };
        return part * told(one) > told(other);
    }

private:
    [[nodiscard]] bool tells(RegionsFit& out, double part, bool regions, std::string_view if_not) {
        out.information.reset();
        out.information_alone.reset();
        if (!tell(out, regions)) return true;
        const double found = *out.information, own = *out.information_alone;
        const Index clusters = occupied(out.clusters);
        const bool enough = found >= part * own;
        out.decisions.push_back(text(
            "of the target's own factors", averaged(regions) ? ", averaged over neighbours," : "",
            " the ", clusters, clusters == 1 ? " cluster" : " clusters", " so found tell",
            clusters == 1 ? "s " : " ", rounded(found), " nats a spot, ", clusters,
            " of the target alone ", rounded(own),
            enough && found >= own ? std::string()
            : enough               ? text(", of which ", rounded(100 * part), " % are asked for")
                     : text(": less than ", rounded(100 * part), " % of that, ", if_not,
                            ", and the former are given up")));
        return enough;
    }

    [[nodiscard]] bool averaged(bool regions) { return regions || by_itself_().averaged; }

    /// Puts into `out` what its clusters and as many of the target alone tell. False, and as
    /// before, where that is not known.
    [[nodiscard]] bool tell(RegionsFit& out, bool regions = false) {
        const RegionsFit* alone = own(out);
        if (alone == nullptr) return false;
        // more clusters tell more: as many are held against one another
        const Index clusters = occupied(out.clusters);
        const double around = averaged_over(graph_);
        try {
            run_.begin("comparison");
            if (factors_.size() == 0) factors_ = own_factors(around);
            const bool averaged = this->averaged(regions);
            if (averaged && smooth_.size() == 0) smooth_ = average_with_neighbors(factors_, graph_);
            const Index most = std::max(out.clusters.clusters(), alone->clusters.clusters());
            const auto told_by = [&](const std::vector<Label>& labels) {
                return cluster_information(averaged ? smooth_ : factors_, labels, most,
                                           target_.section(), averaged ? around : 1);
            };
            const double found = told_by(out.clusters.labels);
            const double own = told_by(own_labels(*alone, clusters));
            if (run_.stop.stop_requested()) return false;
            clock_.end("comparison");
            out.information = found;
            out.information_alone = own;
            return true;
        } catch (const Stopped&) {
        } catch (const Error& error) {
            cannot_be_alone(out, error);
        }
        return false;
    }

    /// The target's own clusters, so many of them.
    [[nodiscard]] const std::vector<Label>& own_labels(const RegionsFit& alone, Index clusters) {
        if (occupied(alone.clusters) == clusters) return alone.clusters.labels;
        auto& labels = own_labels_[clusters];
        if (labels.empty())
            labels =
                free_fits(options_, alone.averaged, run_)(alone.scores, graph_, clusters).labels;
        return labels;
    }

    /// So few that their covariances are told by the spots, also where each is averaged with those
    /// around it.
    [[nodiscard]] RowMatrix<double> own_factors(double around) const {
        const auto told = static_cast<Index>(static_cast<double>(target_.rows()) / (5 * around));
        const Index most = std::min(2 * options_.factors, std::max<Index>(1, target_.cols() - 1));
        return own_scores(target_, std::clamp<Index>(told, 1, most), run_);
    }

    static void cannot_be_alone(RegionsFit& out, const Error& error) {
        auto words = text("the target cannot be clustered alone: ", error.what());
        if (std::find(out.warnings.begin(), out.warnings.end(), words) == out.warnings.end())
            out.warnings.push_back(std::move(words));
    }

    const RegionsOptions& options_;
    const Standardized<Rows>& target_;
    const Graph& graph_;
    const std::function<const RegionsFit&()> by_itself_;
    const RunOptions& run_;
    StepClock& clock_;
    RowMatrix<double> factors_, smooth_;  // once they are needed
    std::map<Index, std::vector<Label>> own_labels_;
};

}  // namespace transst::detail
