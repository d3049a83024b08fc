// The Potts field of labels: P(y) ∝ exp(−β Σ_{i~j} 1(y_i ≠ y_j)).
#pragma once

#include <transst/core/labels.hpp>
#include <transst/core/lanes.hpp>
#include <transst/core/sort.hpp>
#include <transst/graph/graph.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace transst {

/// How β is found in each iteration.
enum class Beta {
    pseudo_likelihood,  ///< the maximum over [0, beta_max], exactly (the criterion is concave)
    grid,               ///< the best of the paper's grid 0, 0.1, …, 1
    fixed               ///< as given
};

/// How labels are found, given densities and β.
enum class Field {
    conditional_modes,  ///< one label a spot (iterated conditional modes, Besag 1986)
    mean                ///< labels keep their probabilities (mean field, Zhang 1992)
};

namespace detail {

/// Number of neighbours of node i with each label, into counts (K, overwritten).
template <class Labels>
void count_labels(const Graph& graph, const Labels& labels, Index i, std::vector<Index>& counts) {
    std::fill(counts.begin(), counts.end(), Index{0});
    for (const Index j : graph.of(i))
        ++counts[static_cast<std::size_t>(labels[static_cast<std::size_t>(j)])];
}

/// Iterated conditional modes, spot after spot: each takes the label of least energy
/// u_ik − β #(neighbours labelled k), keeping its own where that is as good, until none changes.
/// graph: undirected; the energy never rises. Returns the number of changes.
template <class W>
Index iterate_conditional_modes(const Graph& graph, const RowMatrix<W>& unary, W beta,
                                std::vector<Label>& labels, Index max_sweeps, int threads = 1) {
    const Index n = unary.rows(), clusters = unary.cols();
    const auto best_label = [&](Index i, std::vector<Index>& counts) {
        count_labels(graph, labels, i, counts);
        const auto energy = [&](Label k) {
            return unary(i, k) - beta * static_cast<W>(counts[static_cast<std::size_t>(k)]);
        };
        Label best = labels[static_cast<std::size_t>(i)];
        W least = energy(best);
        for (Label k = 0; k < clusters; ++k) {
            const W e = energy(k);
            if (e < least) {
                least = e;
                best = k;
            }
        }
        return best;
    };
    // Spots that wait for their turn: they would change now, or their surroundings will have. All
    // threads look for them; few are left to be gone through one after the other.
    std::vector<char> waiting(static_cast<std::size_t>(n), 0);
    const Lanes lanes(n);
    parallel_for(lanes.count(), threads, [&](Index lane) {
        std::vector<Index> counts(static_cast<std::size_t>(clusters));
        for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i)
            if (best_label(i, counts) != labels[static_cast<std::size_t>(i)])
                waiting[static_cast<std::size_t>(i)] = 1;
    });
    std::vector<Index> counts(static_cast<std::size_t>(clusters));
    Index total = 0;
    for (Index sweep = 0; sweep < max_sweeps; ++sweep) {
        Index changes = 0;
        for (Index i = 0; i < n; ++i) {
            auto& wait = waiting[static_cast<std::size_t>(i)];
            if (!wait) continue;
            wait = 0;
            Label& own = labels[static_cast<std::size_t>(i)];
            const Label best = best_label(i, counts);
            if (best == own) continue;
            own = best;
            ++changes;
            for (const Index j : graph.of(i)) waiting[static_cast<std::size_t>(j)] = 1;
        }
        total += changes;
        if (changes == 0) break;
    }
    return total;
}

/// Σ_i u_{i,y_i} + β · number of edges whose ends differ.
template <class W>
[[nodiscard]] W potts_energy(const Graph& graph, const RowMatrix<W>& unary, W beta,
                             std::span<const Label> labels) {
    W energy = 0;
    for (Index i = 0; i < unary.rows(); ++i) {
        const Label own = labels[static_cast<std::size_t>(i)];
        energy += unary(i, own);
        for (const Index j : graph.of(i))
            if (labels[static_cast<std::size_t>(j)] != own) energy += beta / 2;  // seen twice
    }
    return energy;
}

/// The maximum over [0, most] of a concave function given by slopes(x) = {slope, curvature}:
/// Newton's method on the slope from `start`, kept in a shrinking bracket. The ends are looked at
/// only where a step leads there; where slope and curvature are 0 to the last bit, `most` is taken
/// if the slope at 0 is positive, else 0.
template <class Slopes>
[[nodiscard]] double maximize_concave(Slopes&& slopes, double most, double start) {
    double low = 0, high = most, x = std::clamp(start, low, high);
    bool low_seen = false, high_seen = false;
    for (int step = 0; step < 200; ++step) {
        const auto [slope, curvature] = slopes(x);
        if (slope == 0 && curvature < 0) break;
        if (slope == 0 && curvature == 0) return slopes(0)[0] > 0 ? most : 0;  // all it can say
        if (slope > 0 ? x == most : x == 0) break;  // where it is flat, too
        (slope > 0 ? low : high) = x;
        (slope > 0 ? low_seen : high_seen) = true;
        double next = curvature < 0 ? x - slope / curvature : slope > 0 ? high : low;
        if (!(next > low && next < high))
            next = slope > 0 && !high_seen ? most : slope <= 0 && !low_seen ? 0 : (low + high) / 2;
        const bool last = std::abs(next - x) <= 1e-8 * most;  // its square is left
        x = next;
        if (last) break;
    }
    return x;
}

/// An estimate at the end of its range is where the search ended, not where the maximum is.
template <class = void>
void warn_at_cap(double beta, double most, std::vector<std::string>& warnings) {
    if (beta >= most)
        warnings.push_back(text("beta is ", beta,
                                ", the largest that was tried: neighbours agree "
                                "nearly everywhere, and more smoothing might fit as well"));
}

/// The pseudo-likelihood of β, Σ_i Σ_k R_ik log P(y_i = k | y_N(i); β), given what it needs of the
/// labels: the expected number of agreeing neighbour pairs, and how often each pattern of
/// neighbour counts occurs. Patterns are few (partitions of the degree), so that after one pass
/// over the edges an evaluation costs nothing, whatever n.
class PseudoLikelihood {
public:
    /// counts: neighbours with each of the K labels, any order; times: how often it occurs.
    template <class Counts>
    void add_pattern(const Counts& counts, double times = 1) {
        clusters_ = std::ssize(counts);
        pattern_.clear();
        for (const Index c : counts)
            if (c > 0) pattern_.push_back(c);
        detail::sort(pattern_.begin(), pattern_.end(), std::greater<>());
        add(pattern_, times);
    }
    void add_agreement(double pairs) { agreement_ += pairs; }

    template <class = void>
    PseudoLikelihood& operator+=(const PseudoLikelihood& other) {
        for (const auto& [counts, times] : other.patterns_) add(counts, times);
        agreement_ += other.agreement_;
        clusters_ = std::max(clusters_, other.clusters_);
        return *this;
    }

    /// Value, slope and curvature at β.
    template <class = void>
    [[nodiscard]] std::array<double, 3> at(double beta) const {
        double value = agreement_ * beta, slope = agreement_, curvature = 0;
        for (const auto& [counts, times] : patterns_) {
            const double most = counts.empty() ? 0 : static_cast<double>(counts.front());
            // labels that no neighbour has
            double sum =
                       static_cast<double>(clusters_ - std::ssize(counts)) * std::exp(-beta * most),
                   first = 0, second = 0;
            for (const Index c : counts) {
                const double s = static_cast<double>(c), e = std::exp(beta * (s - most));
                sum += e;
                first += e * s;
                second += e * s * s;
            }
            const double mean = first / sum;
            value -= times * (std::log(sum) + beta * most);
            slope -= times * mean;
            curvature -= times * (second / sum - mean * mean);
        }
        return {value, slope, curvature};
    }

    /// The maximum over [0, most].
    template <class = void>
    [[nodiscard]] double maximize(double most) const {
        return maximize_concave(
            [this](double beta) {
                const auto found = at(beta);
                return std::array<double, 2>{found[1], found[2]};
            },
            most, most / 2);
    }

    /// The first maximum over 0, 0.1, …, 1, with β multiplied by `unit`.
    template <class = void>
    [[nodiscard]] double maximize_on_grid(double unit = 1) const {
        double best = 0, highest = at(0)[0];
        for (int i = 1; i <= 10; ++i) {
            const double beta = i / 10.0, value = at(beta * unit)[0];
            if (value > highest) {
                highest = value;
                best = beta;
            }
        }
        return best;
    }

private:
    /// Counts above 0, falling, and how often they occur.
    struct Pattern {
        std::vector<Index> counts;
        double times = 0;
    };

    template <class Counts>
    void add(const Counts& counts, double times) {
        const auto at = std::lower_bound(
            patterns_.begin(), patterns_.end(), counts,
            [](const Pattern& pattern, const Counts& wanted) { return pattern.counts < wanted; });
        if (at != patterns_.end() && at->counts == counts)
            at->times += times;
        else
            patterns_.insert(at, {counts, times});
    }

    std::vector<Pattern> patterns_;  // rising by counts
    std::vector<Index> pattern_;     // room for one
    Index clusters_ = 0;             // K
    double agreement_ = 0;
};

}  // namespace detail
}  // namespace transst
