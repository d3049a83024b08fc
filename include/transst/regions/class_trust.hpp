// How far to believe each of the source's classes, found without labels of the target. Ours.
#pragma once

#include <transst/cluster/anchored_gmm_mrf.hpp>
#include <transst/regions/number.hpp>

namespace transst::detail {

/// Clusters anchored to the classes, and the pseudo-spots behind each class.
template <class W>
struct ClassTrust {
    static constexpr double believed = 1000;  ///< pseudo-spots behind a class that is believed
    static constexpr double doubted = 10;     ///< behind one that says where its cluster begins,
                                              ///< and hardly where that ends
    AnchoredFit<W> fit{};
    std::vector<double> kappa{};        ///< of each class
    std::vector<std::size_t> doubts{};  ///< classes that are doubted, the first to be so first
    double explained = 0;               ///< by these clusters; 0 where nothing was compared
    std::optional<double> by_all{};     ///< where all classes are believed
    std::optional<double> by_none{};    ///< where all are doubted
    bool empty_by_all = false;          ///< whether a cluster is empty where all are believed
};

/// For each class, which share of the spots that either of two fits gives it both do; nothing
/// where neither gives it any.
template <class Fit, class Share = std::optional<double>>
[[nodiscard]] std::vector<Share> shared_spots(const Fit& one, const Fit& other,
                                              std::size_t classes) {
    std::vector<double> both(classes, 0), either(classes, 0);
    const auto class_of = [](const Fit& fit, std::size_t i) {
        return fit.source_class[static_cast<std::size_t>(fit.labels[i])];
    };
    for (std::size_t i = 0; i < one.labels.size(); ++i) {
        const Label a = class_of(one, i), b = class_of(other, i);
        if (a != left_out) either[static_cast<std::size_t>(a)] += 1;
        if (b != left_out && b != a) either[static_cast<std::size_t>(b)] += 1;
        if (a != left_out && a == b) both[static_cast<std::size_t>(a)] += 1;
    }
    std::vector<Share> out(classes);
    for (std::size_t k = 0; k < classes; ++k)
        if (either[k] > 0) out[k] = both[k] / either[k];
    return out;
}

/// Believes the classes as far as that costs nothing: clusters drawn to them must explain `part` of
/// what those do that are hardly drawn to any, and leave none without spots if these do not. While
/// they do not, one class more is doubted: of those with spots the one of which the two fits share
/// the smallest part; where none has spots, all the rest. fit(kappa): clusters anchored by so many
/// pseudo-spots for each class; explained(labels): how much of the target's expression these
/// explain. A fit that a request to stop cut short takes no other's place.
template <class W, class Fit, class Explained>
[[nodiscard]] ClassTrust<W> trust_classes(std::size_t classes, double part, Fit&& fit,
                                          Explained&& explained, const RunOptions& run) {
    using Trusted = ClassTrust<W>;
    Trusted out{.kappa = std::vector<double>(classes, Trusted::believed)};
    const auto stopped = [&] {
        if (run.stop.stop_requested()) out.fit.stopped = true;
        return run.stop.stop_requested();
    };
    out.fit = fit(out.kappa);
    if (stopped()) return out;
    const std::vector<double> none(classes, Trusted::doubted);
    AnchoredFit<W> loose = fit(none);
    if (stopped()) return out;
    out.by_none = explained(loose.labels);
    out.by_all = out.explained = explained(out.fit.labels);
    out.empty_by_all = occupied(out.fit) < out.fit.clusters();
    const Index with_spots = occupied(loose);
    while (out.explained < part * *out.by_none || occupied(out.fit) < with_spots) {
        const auto shared = shared_spots(out.fit, loose, classes);
        std::size_t least = classes;
        for (std::size_t k = 0; k < classes; ++k)
            if (shared[k] && out.kappa[k] == Trusted::believed &&
                (least == classes || *shared[k] < *shared[least]))
                least = k;
        auto kappa = least < classes ? out.kappa : none;  // none has spots: nothing else is left
        if (least < classes) kappa[least] = Trusted::doubted;
        AnchoredFit<W> next = kappa == none ? std::move(loose) : fit(kappa);
        if (stopped()) break;
        out.fit = std::move(next);
        for (std::size_t k = 0; k < classes; ++k)
            if (out.kappa[k] != kappa[k]) out.doubts.push_back(k);
        out.kappa = std::move(kappa);
        out.explained = explained(out.fit.labels);
        if (out.kappa == none) break;
    }
    return out;
}

}  // namespace transst::detail
