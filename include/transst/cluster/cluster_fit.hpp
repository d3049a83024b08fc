// What clustering the spots finds.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/core/lanes.hpp>

namespace transst {

/// What a mixture of n spots into K clusters finds, in q factors: v_i | y_i = k ~ N(μ_k, Σ_k), the
/// labels y a Potts field (METHOD, section 5).
template <class Scalar>
struct ClusterFit {
    std::vector<Label> labels;                ///< n, in [0, K)
    RowMatrix<Scalar> responsibilities;       ///< R: n × K, each row sums to 1
    Matrix<Scalar> means;                     ///< K × q
    std::vector<Matrix<Scalar>> covariances;  ///< K of q × q
    std::vector<Index> sizes;   ///< spots of each cluster (K); the largest comes first
    double beta = 0;            ///< of the prior exp(β · agreeing neighbours)
    double log_likelihood = 0;  ///< log pseudo-likelihood Σ_i log Σ_k P(y_i=k | y_N(i)) N(v_i);
                                ///< by mean field the expected one, with the labels' entropy
    std::vector<double> trace;  ///< log_likelihood after each iteration; by mean field, of those
                                ///< since β has settled, the bound that they climb. Never falls
    std::vector<double> beta_trace;     ///< β found in each iteration
    std::vector<double> starts;         ///< final log_likelihood of every start
    Index iterations = 0;               ///< done
    bool converged = false;             ///< within the tolerance, before max_iterations
    bool stopped = false;               ///< on request
    std::vector<std::string> warnings;  ///< what went badly, in words

    [[nodiscard]] Index clusters() const { return means.rows(); }  ///< K
    [[nodiscard]] Index factors() const { return means.cols(); }   ///< q
};

namespace detail {

/// Warns of clusters of no spots, and of one. They are the last: the largest comes first.
template <class Fit>
void warn_of_empty(Fit& fit) {
    auto last = std::ssize(fit.sizes);
    for (const Index spots : {0, 1}) {
        const auto alike = std::count(fit.sizes.begin(), fit.sizes.end(), spots);
        const auto spots_each = spots == 0 ? "no spots" : alike == 1 ? "one spot" : "one spot each";
        if (alike == 1)
            fit.warnings.push_back(
                text("cluster ", last, " has ", spots_each, "; try fewer clusters"));
        if (alike > 1)
            fit.warnings.push_back(text("clusters ", last - alike + 1,
                                        alike == 2 ? " and " : " to ", last, " have ", spots_each,
                                        "; try fewer clusters"));
        last -= alike;
    }
}

/// Columns order[0], order[1], … of m.
template <class To, class From>
[[nodiscard]] RowMatrix<To> columns_in_order(const RowMatrix<From>& m,
                                             const std::vector<Index>& order, int threads) {
    RowMatrix<To> out(m.rows(), std::ssize(order));
    const Lanes lanes(m.rows());
    parallel_for(lanes.count(), threads, [&](Index lane) {
        for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i)
            for (Index to = 0; to < out.cols(); ++to)
                out(i, to) = static_cast<To>(m(i, order[static_cast<std::size_t>(to)]));
    });
    return out;
}

}  // namespace detail

}  // namespace transst
