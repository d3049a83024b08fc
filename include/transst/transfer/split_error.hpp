// The published criterion for λ: how well each half's loading explains the other half's scores.
#pragma once

#include <transst/transfer/transfer_loading.hpp>

namespace transst {

/// Errors ‖X₁ − V₁W₂'‖² + ‖X₂ − V₂W₁'‖² of each λ, for one split of the spots in two halves: the
/// first ⌊n/2⌋ of `order` (a permutation of 0 … n − 1) and the rest. All λ share the sweeps.
/// Throws as TransferLoading::fit, and ShapeMismatch if `order` is not as long as x has rows.
template <std::floating_point Scalar, class X>
[[nodiscard]] std::vector<double> split_error(const TransferLoading<Scalar>& transfer, const X& x,
                                              const PLDRFit<Scalar>& source,
                                              const std::vector<double>& lambdas,
                                              std::span<const Index> order,
                                              const RunOptions& run = {}) {
    using W = Wide<Scalar>;
    const auto& rows = as_rows(x);
    require<ShapeMismatch>(std::ssize(order) == rows.rows(), "split_error: order has ",
                           order.size(), " entries, X has ", rows.rows(), " rows");
    for (const double lambda : lambdas) transfer.check(rows, source, lambda);
    const auto middle = order.begin() + std::ssize(order) / 2;
    const auto one_half = select_rows(rows, {order.begin(), middle}),
               other_half = select_rows(rows, {middle, order.end()});
    const auto first = detail::any_rows<Scalar>(one_half),
               second = detail::any_rows<Scalar>(other_half);
    const auto fit_half = [&](const auto& half, double norm) {
        return detail::alternate<Scalar>(half, source.loading.template cast<W>(),
                                         std::ssize(lambdas), transfer.stop_rule(), norm, run,
                                         transfer.penalties(source, lambdas));
    };
    const double norm1 = column_square_norms(first, run, "split_error").sum();
    const double norm2 = column_square_norms(second, run, "split_error").sum();
    const auto one = fit_half(first, norm1);
    const auto two = fit_half(second, norm2);
    std::vector<double> errors;
    for (std::size_t i = 0; i < lambdas.size(); ++i)
        errors.push_back(detail::reconstruction_error<W>(static_cast<W>(norm1), one[i].cross,
                                                         one[i].scores_moment, two[i].loading) +
                         detail::reconstruction_error<W>(static_cast<W>(norm2), two[i].cross,
                                                         two[i].scores_moment, one[i].loading));
    return errors;
}

}  // namespace transst
