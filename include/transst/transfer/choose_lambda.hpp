// λ chosen on the target: the loading is fitted for every λ of a grid, and the best is kept.
#pragma once

#include <transst/transfer/bi_cross_validation.hpp>
#include <transst/transfer/split_error.hpp>

namespace transst {

/// How the λ of a grid are compared.
enum class LambdaCriterion {
    bi_cross_validation,  ///< genes hidden of spots held out (bi_cross_validation_error)
    split                 ///< the published one (split_error)
};

/// TransferLoading with λ from a grid.
///
///     const auto transfer = transst::ChooseLambda{}.fit(target, source_fit);
template <std::floating_point Scalar = double>
struct ChooseLambda {
    static constexpr std::string_view name = "ChooseLambda";

    struct Options {
        typename TransferLoading<Scalar>::Options transfer{};  ///< its lambda is not used
        /// The λ to try, each ≥ 0.
        std::vector<double> grid{
            0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, std::numeric_limits<double>::infinity()};
        LambdaCriterion criterion = LambdaCriterion::bi_cross_validation;  ///< to choose by
        bool new_split_each = false;  ///< with split: another one for every λ, as published

        /// The paper's grid 0, 0.01, …, 0.20 of absolute λ, a new split for each.
        [[nodiscard]] static Options published() {
            Options out{.transfer = TransferLoading<Scalar>::Options::published(),
                        .grid = {},
                        .criterion = LambdaCriterion::split,
                        .new_split_each = true};
            for (int i = 0; i <= 20; ++i) out.grid.push_back(i / 100.0);
            return out;
        }
    } options{};

    /// As TransferLoading::fit; the criterion at each λ is kept in the fit's lambda_curve. Of equal
    /// errors the first in the grid is taken. Throws also InvalidArgument for a grid that
    /// is empty or holds what is not 0 or more.
    template <class X>
    [[nodiscard]] TransferFit<Scalar> fit(const X& x, const PLDRFit<Scalar>& source,
                                          const RunOptions& run = {}) const {
        require(!options.grid.empty(),
                "ChooseLambda::fit: grid is empty; give at least one lambda");
        for (const double lambda : options.grid)
            require(lambda >= 0, "ChooseLambda::fit: grid holds ", lambda,
                    "; each lambda must be 0 or more (infinity keeps the source's loading)");
        TransferLoading<Scalar> transfer{options.transfer};
        const auto& rows = as_rows(x);
        RandomStream random(run.seed, 0x53504C54);
        std::vector<double> errors;
        if (options.criterion == LambdaCriterion::bi_cross_validation) {
            const auto spots = random.permutation(rows.rows());
            errors = bi_cross_validation_error(transfer, rows, source, options.grid, spots,
                                               random.permutation(rows.cols()), run);
        } else if (options.new_split_each) {
            for (const double lambda : options.grid)
                errors.push_back(split_error(transfer, rows, source, {lambda},
                                             random.permutation(rows.rows()), run)[0]);
        } else {
            errors = split_error(transfer, rows, source, options.grid,
                                 random.permutation(rows.rows()), run);
        }
        for (double& error : errors)  // one that overflows is no better than any
            if (std::isnan(error)) error = std::numeric_limits<double>::infinity();
        const auto best = std::min_element(errors.begin(), errors.end()) - errors.begin();
        transfer.options.lambda = options.grid[static_cast<std::size_t>(best)];
        auto fit = transfer.fit(rows, source, run);
        for (std::size_t i = 0; i < errors.size(); ++i)
            fit.lambda_curve.push_back({options.grid[i], errors[i]});
        warn_at_edges(fit);
        return fit;
    }

private:
    /// Less, more, or what lies between the largest number tried and ∞, might be better.
    void warn_at_edges(TransferFit<Scalar>& fit) const {
        const auto least = std::min_element(options.grid.begin(), options.grid.end()),
                   most = std::max_element(options.grid.begin(), options.grid.end());
        if (*least == *most) return;
        if (fit.lambda == *most && std::isinf(*most)) {
            double below = *least;
            for (const double lambda : options.grid)
                if (!std::isinf(lambda)) below = std::max(below, lambda);
            fit.warnings.push_back(text(
                "the best lambda is inf, which keeps the source's loading as it is; one between ",
                below, ", the next tried, and that might be better"));
        } else if (fit.lambda == *most) {
            fit.warnings.push_back(text("the best lambda, ", fit.lambda, ", is the largest tried"));
        }
        if (fit.lambda == *least && *least > 0)
            fit.warnings.push_back(
                text("the best lambda, ", fit.lambda, ", is the smallest tried"));
    }
};

// ChooseLambda{{…}} is double: Clang before 17 does not see that by itself.
ChooseLambda()->ChooseLambda<>;
ChooseLambda(ChooseLambda<>::Options)->ChooseLambda<>;

}  // namespace transst
