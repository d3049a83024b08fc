// What the labels around a spot tell of its own. Ours.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/core/lanes.hpp>
#include <transst/core/run.hpp>
#include <transst/graph/graph.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

namespace transst {

/// How well spots' labels are told by those around them: mean log-probabilities, beyond those of
/// the labels' frequencies f, of P(y_i = k) = (n_ik + a f_k) / (n_i + a), where n_ik of n_i spots
/// around spot i have label k and a is what suits best.
struct Surroundings {
    double near = 0;  ///< by neighbours
    double far = 0;   ///< by neighbours' neighbours, as often as they are, the spot itself left out
    double error = 0;  ///< standard error of far − near

    /// In a Potts field neighbours tell all there is. Where those a step farther tell more, by two
    /// standard errors, a spot's label says little of its region: labels are of kinds of spots that
    /// regions mix, or noisy.
    [[nodiscard]] bool mixed() const { return far - near > 2 * error; }
};

namespace detail {

/// Of the spots around a spot, how many there are and how many share its label.
struct Around {
    Index all = 0, alike = 0;
};

/// Log-probabilities of every spot's label, by the best a among powers of two, and their mean.
template <class W = double>
[[nodiscard]] std::pair<std::vector<W>, W> told_by(const std::vector<Around>& around,
                                                   const std::vector<Label>& labels,
                                                   const std::vector<W>& frequency, int threads) {
    const Lanes lanes(std::ssize(around));
    const auto told = [&](std::size_t i, W a) {
        const W f = frequency[static_cast<std::size_t>(labels[i])];
        const auto [all, alike] = around[i];
        return std::log((static_cast<W>(alike) + a * f) / ((static_cast<W>(all) + a) * f));
    };
    W best = 0, best_mean = -std::numeric_limits<W>::infinity();
    for (W a = W(1) / 1024; a <= 1024; a *= 2) {
        const W mean = sum_lanes(lanes, threads, W(0),
                                 [&](W& sum, Index begin, Index end) {
                                     for (Index i = begin; i < end; ++i)
                                         sum += told(static_cast<std::size_t>(i), a);
                                 }) /
                       static_cast<W>(around.size());
        if (mean <= best_mean) continue;
        best_mean = mean;
        best = a;
    }
    std::vector<W> each(around.size());
    for (std::size_t i = 0; i < each.size(); ++i) each[i] = told(i, best);
    return {std::move(each), best_mean};
}

}  // namespace detail

/// labels: n, in [0, clusters); graph: n nodes, undirected. Throws ShapeMismatch where these differ
/// in size, InvalidArgument for a label out of range or a directed graph.
template <class W = double, class Count = std::int32_t>
[[nodiscard]] Surroundings surroundings(const std::vector<Label>& labels, Index clusters,
                                        const Graph& graph, const RunOptions& run = {}) {
    constexpr std::string_view who = "surroundings";
    require<ShapeMismatch>(graph.nodes() == std::ssize(labels), who, ": graph has ", graph.nodes(),
                           " nodes, there are ", labels.size(), " labels");
    require(!graph.directed, who, ": graph is directed; symmetrise it");
    if (labels.empty()) return {};
    std::vector<W> frequency(static_cast<std::size_t>(clusters), W(0));
    for (const Label label : labels) {
        require(label >= 0 && label < clusters, who, ": label ", label, " is not in [0, ", clusters,
                ")");
        frequency[static_cast<std::size_t>(label)] += W(1) / static_cast<W>(labels.size());
    }
    // labels of each spot's neighbours, counted once: neighbours' neighbours are sums of these
    RowMatrix<Count> counts = RowMatrix<Count>::Zero(graph.nodes(), clusters);
    std::array<std::vector<detail::Around>, 2> around;
    for (auto& spots : around) spots.resize(labels.size());
    const Lanes lanes(graph.nodes());
    const auto for_each_spot = [&](auto&& visit) {
        parallel_for(lanes.count(), run.threads, [&](Index lane) {
            for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i)
                visit(i, static_cast<std::size_t>(i));
        });
    };
    for_each_spot([&](Index i, std::size_t) {
        for (const Index j : graph.of(i)) ++counts(i, labels[static_cast<std::size_t>(j)]);
    });
    for_each_spot([&](Index i, std::size_t at) {
        auto &near = around[0][at], &far = around[1][at];
        near = {graph.degree(i), counts(i, labels[at])};
        for (const Index j : graph.of(i)) {
            far.all += graph.degree(j) - 1;
            far.alike += counts(j, labels[at]) - 1;
        }
    });
    const auto [by_near, near] = detail::told_by<W>(around[0], labels, frequency, run.threads);
    const auto [by_far, far] = detail::told_by<W>(around[1], labels, frequency, run.threads);
    W squares = 0;
    for (std::size_t i = 0; i < by_near.size(); ++i) {
        const W difference = by_far[i] - by_near[i] - (far - near);
        squares += difference * difference;
    }
    return {near, far, std::sqrt(squares) / static_cast<W>(labels.size())};
}

}  // namespace transst
