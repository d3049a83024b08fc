// Quasi-Newton steps uphill, from the gradients of the last steps.
#pragma once

#include <transst/core/types.hpp>

#include <utility>
#include <vector>

namespace transst::detail {

/// Limited-memory BFGS (Nocedal, Math. Comput. 1980) in a metric of the caller's. For EM that is
/// the complete data's information, by which the first step is EM's own (Lange, Stat. Sinica 1995).
/// The caller looks whether a step climbs, and takes another if it does not.
template <class W>
class QuasiNewton {
public:
    explicit QuasiNewton(Index depth) : depth_(static_cast<std::size_t>(depth)) {}

    /// Where to go from a point with this gradient. precondition(v): the metric's inverse times v.
    template <class Precondition>
    [[nodiscard]] Vector<W> direction(const Vector<W>& gradient,
                                      Precondition&& precondition) const {
        Vector<W> out = gradient;
        std::vector<W> weights;
        for (auto pair = pairs_.rbegin(); pair != pairs_.rend(); ++pair) {
            weights.push_back(pair->step.dot(out) / pair->curvature);
            out -= weights.back() * pair->fall;
        }
        out = precondition(out);
        if (!pairs_.empty()) {
            const Pair& last = pairs_.back();
            out *= last.curvature / last.fall.dot(precondition(last.fall));
        }
        auto weight = weights.rbegin();
        for (const auto& pair : pairs_)
            out += (*weight++ - pair.fall.dot(out) / pair.curvature) * pair.step;
        return out;
    }

    /// A step that was taken, and by how much the gradient fell over it. Steps over which it rises
    /// say nothing of a maximum and are not kept.
    void remember(Vector<W> step, Vector<W> fall) {
        const W curvature = step.dot(fall);
        if (!(curvature > W(1e-12) * step.norm() * fall.norm())) return;
        if (pairs_.size() == depth_) pairs_.erase(pairs_.begin());
        pairs_.push_back({std::move(step), std::move(fall), curvature});
    }

    void forget() { pairs_.clear(); }
    [[nodiscard]] bool empty() const { return pairs_.empty(); }

private:
    struct Pair {
        Vector<W> step, fall;
        W curvature = 0;  // step'fall
    };
    std::size_t depth_;
    std::vector<Pair> pairs_;
};

}  // namespace transst::detail
