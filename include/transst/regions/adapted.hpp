// The source's loading, adapted to the target, gives the factors of its clusters.
#pragma once

#include <transst/regions/in_hand.hpp>
#include <transst/transfer/choose_lambda.hpp>

namespace transst::detail {

/// λ by bi-cross-validation. It rests on at most 20,000 spots.
template <class Rows, class PLDR>
[[nodiscard]] auto learned_lambda(const InHand<Rows>& in, const PLDR& pldr) {
    std::vector<Index> genes(static_cast<std::size_t>(in.target.cols()));
    std::iota(genes.begin(), genes.end(), Index{0});
    return ChooseLambda<>{}.fit(
        copy_part(in.target, evenly_spaced(in.target.rows()), genes, in.run), pldr, in.run);
}

/// The paper's steps 2 and 3.
template <class Rows>
void adapted(const InHand<Rows>& in) {
    const auto& pldr = in.source.pldr();
    in.run.begin("adapted mixture");
    TransferLoading<> transfer{{.lambda = in.options.lambda.value_or(1)}};
    std::vector<LambdaPoint> curve;
    // halves of the spots and of the genes must tell the factors
    if (!in.options.lambda && !in.run.stop.stop_requested() &&
        std::min(in.target.rows(), in.target.cols()) / 2 > pldr.factors()) {
        auto learned = learned_lambda(in, pldr);
        if (!in.run.stop.stop_requested()) {
            transfer.options.lambda = learned.lambda;
            curve = std::move(learned.lambda_curve);
            in.out.decisions.push_back(
                text("of ", curve.size(), " weights of the source's loading, ",
                     rounded(learned.lambda), " (lambda) predicts expression held out best"));
        }
    }
    in.out.transfer = transfer.fit(in.target, pldr, in.run);
    in.out.transfer->lambda_curve = std::move(curve);
    in.out.warnings.insert(in.out.warnings.end(), in.out.transfer->warnings.begin(),
                           in.out.transfer->warnings.end());
    const auto& v = in.out.transfer->scores;
    SpatialGMM_MRF<> mixture{{.clusters = in.options.clusters, .starts = 2 * in.options.starts}};
    if (in.options.beta) {
        mixture.options.beta_by = Beta::fixed;
        mixture.options.beta = *in.options.beta;
    }
    in.out.clusters =
        best_clusters(in.options, v, in.graph, warm_spatial_fits(mixture, in.run), in.run, in.out);
    in.out.scores = v;
}

/// What the adapted loading gives, where that part of what its clusters tell is more than the
/// anchored ones in `out` do, and they are ahead of the target's own.
template <class Rows>
[[nodiscard]] std::optional<RegionsFit> adapted_tells_more(const InHand<Rows>& in, double part) {
    if (in.run.stop.stop_requested()) return {};
    std::optional<RegionsFit> other(std::in_place);
    adapted(in.into(*other));
    in.clock.end("adapted mixture");
    auto more = in.against_alone.more(*other, in.out, part);
    if (!more) return {};
    *more = *more && *other->information >= in.options.borrowed_from * *other->information_alone;
    auto words = text("clusters in the source's loading, adapted to the target, tell ",
                      rounded(*other->information), " nats a spot, ",
                      *more ? "and are taken" : "and are not taken");
    (*more ? *other : in.out).decisions.push_back(std::move(words));
    if (!*more) other.reset();
    return other;
}

}  // namespace transst::detail
