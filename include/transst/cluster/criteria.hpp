// How many clusters: criteria that trade the fit against its parameters.
#pragma once

#include <transst/cluster/cluster_fit.hpp>

#include <cmath>

namespace transst {

/// −2 log-likelihood plus a penalty; the least is best (METHOD §6).
struct InformationCriteria {
    Index parameters = 0;  ///< K(q + q(q + 1)/2) + 1
    double bic = 0;        ///< c · parameters · log n
    double mbic = 0;       ///< bic's penalty · log log(n + q)
    double hbic = 0;       ///< c · parameters · log(log n + parameters)
};

/// Criteria of a fit with n spots, q factors and K clusters, with the paper's weight c = 0.5 below
/// 1000 spots and 2 from there on.
[[nodiscard]] inline InformationCriteria information_criteria(double log_likelihood, Index spots,
                                                              Index factors, Index clusters) {
    InformationCriteria out;
    out.parameters = clusters * (factors + factors * (factors + 1) / 2) + 1;
    const double n = static_cast<double>(spots), q = static_cast<double>(factors);
    const double p = static_cast<double>(out.parameters), c = spots < 1000 ? 0.5 : 2.0;
    const double penalty = c * p * std::log(n);
    out.bic = -2 * log_likelihood + penalty;
    out.mbic = -2 * log_likelihood + penalty * std::log(std::log(n + q));
    out.hbic = -2 * log_likelihood + c * p * std::log(std::log(n) + p);
    return out;
}

/// The same of a fit.
template <class Scalar>
[[nodiscard]] InformationCriteria information_criteria(const ClusterFit<Scalar>& fit) {
    return information_criteria(fit.log_likelihood, std::ssize(fit.labels), fit.factors(),
                                fit.clusters());
}

}  // namespace transst
