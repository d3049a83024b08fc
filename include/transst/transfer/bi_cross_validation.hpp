// λ by bi-cross-validation (Owen & Perry, Ann. Appl. Stat. 2009): how well the loading predicts
// genes that were hidden of spots that were held out. It can prefer transfer, where the published
// criterion, which sees every gene of every spot, cannot.
#pragma once

#include <transst/transfer/transfer_loading.hpp>

namespace transst {

/// Squared error of each λ, summed over two halves of the spots times two halves of the genes:
/// fitted on the other half of the spots, the loading gets a held-out spot's scores from one half
/// of its genes by least squares and predicts the other half. spots and genes: permutations of 0 …
/// n − 1 and 0 … p − 1, whose first halves are one half. All λ share the sweeps. Throws as
/// TransferLoading::fit, and ShapeMismatch if a permutation has another length, or a half of the
/// genes no more genes than there are factors.
template <std::floating_point Scalar, class X>
[[nodiscard]] std::vector<double> bi_cross_validation_error(
    const TransferLoading<Scalar>& transfer, const X& x, const PLDRFit<Scalar>& source,
    const std::vector<double>& lambdas, std::span<const Index> spots, std::span<const Index> genes,
    const RunOptions& run = {}) {
    using W = Wide<Scalar>;
    const auto& rows = as_rows(x);
    require<ShapeMismatch>(std::ssize(spots) == rows.rows() && std::ssize(genes) == rows.cols(),
                           "bi_cross_validation_error: spots has ", spots.size(), " and genes ",
                           genes.size(), " entries, X is ", rows.rows(), " × ", rows.cols());
    require<ShapeMismatch>(std::ssize(genes) / 2 > source.factors(),
                           "bi_cross_validation_error: half of the ", genes.size(),
                           " genes must be more than the ", source.factors(), " factors");
    for (const double lambda : lambdas) transfer.check(rows, source, lambda);
    const Index q = source.factors(), count = std::ssize(lambdas);
    const auto half = [](std::span<const Index> order, int which) {
        const auto middle = order.begin() + std::ssize(order) / 2;
        return which == 0 ? std::vector<Index>(order.begin(), middle)
                          : std::vector<Index>(middle, order.end());
    };
    std::vector<double> errors(lambdas.size(), 0);
    for (int held = 0; held < 2; ++held) {
        const auto some = select_rows(rows, half(spots, 1 - held)),
                   others = select_rows(rows, half(spots, held));
        const auto fitted_on = detail::any_rows<Scalar>(some),
                   held_out = detail::any_rows<Scalar>(others);
        const double norm = column_square_norms(fitted_on, run, "bi_cross_validation_error").sum();
        const auto fits = detail::alternate<Scalar>(fitted_on, source.loading.template cast<W>(),
                                                    count, transfer.stop_rule(), norm, run,
                                                    transfer.penalties(source, lambdas));
        const Vector<W> norms =
            column_square_norms(held_out, run, "bi_cross_validation_error").template cast<W>();
        for (int hidden = 0; hidden < 2; ++hidden) {
            const auto seen_genes = half(genes, 1 - hidden), hidden_genes = half(genes, hidden);
            Matrix<W> weights = Matrix<W>::Zero(rows.cols(), q * count);
            for (Index l = 0; l < count; ++l) {
                const Matrix<W> seen =
                    fits[static_cast<std::size_t>(l)].loading(seen_genes, Eigen::all);
                const Matrix<W> of_seen =
                    detail::over_symmetric(seen, detail::times(detail::transposed(seen), seen));
                for (std::size_t j = 0; j < seen_genes.size(); ++j)
                    weights.row(seen_genes[j]).segment(l * q, q) =
                        of_seen.row(static_cast<Index>(j));
            }
            struct Moments {
                std::vector<Matrix<W>> of;
                Moments& operator+=(const Moments& other) {
                    for (std::size_t i = 0; i < of.size(); ++i) of[i] += other.of[i];
                    return *this;
                }
            };
            const auto swept = sweep<Scalar>(
                held_out, weights, q * count,
                Moments{std::vector<Matrix<W>>(lambdas.size(), Matrix<W>::Zero(q, q))}, run,
                [q](Moments& moments, Index, RowBlock<Scalar> u, RowBlock<Scalar> c) {
                    c = u;
                    for (std::size_t l = 0; l < moments.of.size(); ++l) {
                        const Matrix<W> v =
                            u.middleCols(static_cast<Index>(l) * q, q).template cast<W>();
                        detail::add_product(moments.of[l], detail::transposed(v), v);
                    }
                });
            for (Index l = 0; l < count; ++l) {
                const auto at = static_cast<std::size_t>(l);
                const Matrix<W> loading = fits[at].loading(hidden_genes, Eigen::all);
                const Matrix<W> cross =
                    swept.product.middleCols(l * q, q)(hidden_genes, Eigen::all);
                errors[at] += detail::reconstruction_error<W>(norms(hidden_genes).sum(), cross,
                                                              swept.state.of[at], loading);
            }
        }
    }
    return errors;
}

}  // namespace transst
