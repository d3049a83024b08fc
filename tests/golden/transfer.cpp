#include "table.hpp"

#include <transst/transfer/choose_lambda.hpp>

using namespace transst;
using golden::difference;
using golden::Set;
using golden::tolerance;

namespace {

constexpr const char* lambdas[] = {"0", "0.1", "0.2", "10", "1000"};

PLDRFit<double> source_of(const Set& set) {
    PLDRFit<double> fit;
    fit.loading = set.table("pldr_iter50_W");
    fit.noise_variance = set.table("pldr_iter50_Lambda");
    return fit;
}

TransferLoading<double> published(double lambda = 0) {
    TransferLoading<double> transfer{TransferLoading<double>::Options::published()};
    transfer.options.lambda = lambda;
    return transfer;
}

void one_iteration(const Set& set) {
    const auto x = set.table("target_X");
    for (const std::string lambda : lambdas) {
        CAPTURE(lambda);
        auto transfer = published(std::stod(lambda));
        transfer.options.max_iterations = 1;
        const auto fit = transfer.fit(x, source_of(set));
        CHECK(fit.iterations == 1);
        CHECK(difference(fit.loading, set.table("adaptw_lam" + lambda + "_W_iter1")) < tolerance);
        CHECK(difference(fit.scores, set.table("adaptw_lam" + lambda + "_v_iter1")) < tolerance);
    }
}

void own_stop(const Set& set) {
    const auto x = set.table("target_X");
    const auto losses = set.table("adaptw_loss_trace");  // lambda, iteration, loss
    for (const std::string lambda : lambdas) {
        CAPTURE(lambda);
        auto transfer = published(std::stod(lambda));
        const auto fit = transfer.fit(x, source_of(set));
        CHECK(fit.converged);
        CHECK(difference(fit.loading, set.table("adaptw_lam" + lambda + "_W")) < tolerance);
        CHECK(difference(fit.scores, set.table("adaptw_lam" + lambda + "_v")) < tolerance);

        Index iterations = 0;
        for (Index row = 0; row < losses.rows(); ++row) {
            if (std::abs(losses(row, 0) - std::stod(lambda)) > 1e-9) continue;
            CHECK(losses(row, 1) == static_cast<double>(++iterations));
            transfer.options.max_iterations = iterations;
            CHECK(difference(transfer.fit(x, source_of(set)).reconstruction_error, losses(row, 2)) <
                  tolerance);
        }
        CHECK(fit.iterations == iterations);
    }
}

std::vector<Index> order_in(const Matrix<double>& permutations, Index row) {
    std::vector<Index> order;
    for (const double i : permutations.row(row)) order.push_back(static_cast<Index>(i) - 1);
    return order;
}

void new_split_each(const Set& set) {
    const auto x = set.table("target_X");
    const auto permutations = set.table("lambda_perm"), errors = set.table("lambda_error");
    REQUIRE(permutations.rows() == errors.rows());
    for (Index row = 0; row < errors.rows(); ++row) {
        CAPTURE(errors(row, 0));
        const auto found = split_error(published(), x, source_of(set), {errors(row, 0)},
                                       order_in(permutations, row));
        REQUIRE(found.size() == 1);
        CHECK(difference(found[0], errors(row, 1)) < tolerance);
    }
}

void same_split(const Set& set) {
    const auto errors = set.table("lambda_error_samesplit");
    std::vector<double> grid;
    for (Index row = 0; row < errors.rows(); ++row) grid.push_back(errors(row, 0));
    const auto found = split_error(published(), set.table("target_X"), source_of(set), grid,
                                   order_in(set.table("lambda_perm"), 0));
    REQUIRE(found.size() == grid.size());
    for (std::size_t i = 0; i < grid.size(); ++i) {
        CAPTURE(grid[i]);
        CHECK(difference(found[i], errors(static_cast<Index>(i), 1)) < tolerance);
    }
}

}  // namespace

TRANSST_GOLDEN("alternating least squares after 1 iteration", one_iteration)
TRANSST_GOLDEN("alternating least squares at its own stop", own_stop)
TRANSST_GOLDEN("lambda criterion, a new split for each", new_split_each)
TRANSST_GOLDEN("lambda criterion, one split for all", same_split)
