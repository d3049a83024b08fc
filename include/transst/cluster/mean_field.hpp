// A Potts mixture by mean field: labels keep their probabilities, and each component is drawn
// towards a prior of its own.
//
//     v_i | y_i = k ~ N(μ_k, Σ_k),  P(y) ∝ Π π_{y_i} · exp(β Σ_{i~j} 1(y_i = y_j))
//     μ_k | Σ_k ~ N(m_k, Σ_k/κ_k),  Σ_k ~ inverse-Wishart worth ν_k spots of covariance S_k
#pragma once

#include <transst/cluster/cluster_fit.hpp>
#include <transst/cluster/gaussians.hpp>
#include <transst/cluster/potts.hpp>
#include <transst/graph/coloring.hpp>

#include <memory>
#include <numeric>

namespace transst::detail {

/// What the components are drawn towards, and how strongly.
template <class W>
struct MixturePrior {
    Gaussians<W> at;  // m_k, S_k
    Vector<W> kappa;  // pseudo-spots behind each mean
    Vector<W> nu;     // pseudo-spots behind each covariance
};

/// A prior that is hardly there: covariances are drawn towards half of the scores' own by d + 2
/// pseudo-spots, which keeps them from collapsing.
template <class W>
[[nodiscard]] MixturePrior<W> weak_prior(const RowMatrix<W>& scores, Index clusters, int threads) {
    const Index n = scores.rows(), d = scores.cols();
    const Lanes lanes(n);
    const Vector<W> none = Vector<W>::Zero(d);
    const Vector<W> mean = sum_lanes(lanes, threads, none,
                                     [&](Vector<W>& sum, Index begin, Index end) {
                                         sum += column_sums(scores.middleRows(begin, end - begin));
                                     }) /
                           static_cast<W>(n);
    Matrix<W> means(clusters, d);
    for (Index k = 0; k < clusters; ++k) means.row(k) = mean.transpose();
    const Matrix<W> nothing = Matrix<W>::Zero(d, d);
    Matrix<W> half =
        sum_lanes(lanes, threads, nothing, [&](Matrix<W>& sum, Index begin, Index end) {
            for_each_block(begin, end, [&](Index at, Index rows) {
                RowMatrix<W> centered = scores.middleRows(at, rows);
                for (Index i = 0; i < rows; ++i) centered.row(i) -= mean.transpose();
                add_product(sum, transposed(centered), centered);
            });
        });
    half *= W(0.5) / static_cast<W>(std::max<Index>(1, n - 1));
    half.diagonal().array() += std::max(half.trace() / static_cast<W>(d) * W(1e-9),
                                        std::numeric_limits<W>::min() * W(1e20));
    return {{std::move(means), std::vector<Matrix<W>>(static_cast<std::size_t>(clusters), half)},
            Vector<W>::Constant(clusters, W(0.01)),
            Vector<W>::Constant(clusters, static_cast<W>(d + 2))};
}

struct MeanFieldOptions {
    Beta beta_by = Beta::pseudo_likelihood;
    double beta = 1;  // where it starts, or stays
    double beta_max = 1.5;
    Index max_iterations = 60;  ///< at most so many
    Index max_sweeps = 20;      // of the field, in an iteration
    double tolerance = 1e-4;    // mean change of the responsibilities
};

template <class W>
struct MeanFieldFit {
    RowMatrix<W> responsibilities;  // n × K
    Gaussians<W> gaussians;
    Vector<W> proportions;  // π
    Vector<W> weights;      // Σ_i R_ik
    double beta = 0;
    double objective = 0;  // Σ R log N + the labels' expected log pseudo-likelihood + their entropy
    std::vector<double> trace;  // the bound since β has settled; never falls
    std::vector<double> beta_trace;
    Index iterations = 0;    ///< done
    bool converged = false;  ///< within the tolerance, before max_iterations
};

/// log Σ_k exp(x_k).
template <class Row>
[[nodiscard]] auto log_sum_exp(const Row& x) {
    const auto most = x.maxCoeff();
    return most + std::log((x - most).exp().sum());
}

template <class W>
class MeanField {
public:
    MeanField(const RowMatrix<W>& scores, const Graph& graph, const MeanFieldOptions& options,
              const RunOptions& run)
        : scores_(scores),
          graph_(graph),
          options_(options),
          run_(run),
          colors_(std::make_shared<const Colors>(color_nodes(graph))) {}

    /// The same spots and graph, coloured once for all.
    [[nodiscard]] MeanField with(const MeanFieldOptions& options, const RunOptions& run) const {
        MeanField out = *this;
        out.options_ = options;
        out.run_ = run;
        return out;
    }

    /// From responsibilities (n × K) if given, else from the prior's own densities. At one β the
    /// bound never falls: each step is its maximum in what it changes. β is found by
    /// pseudo-likelihood after each look at the field until it stands still, and then kept.
    [[nodiscard]] MeanFieldFit<W> fit(const MixturePrior<W>& prior, RowMatrix<W> start = {}) const {
        const Index n = scores_.rows(), count = prior.at.clusters();
        MeanFieldFit<W> fit;
        fit.gaussians = prior.at;
        fit.proportions = Vector<W>::Constant(count, W(1) / static_cast<W>(count));
        fit.beta = options_.beta;
        fit.responsibilities = std::move(start);
        bool settled = options_.beta_by == Beta::fixed, moved = false;
        if (fit.responsibilities.size() > 0) {
            if (!settled) fit.beta = best_beta(fit);
            maximize(prior, fit);
        }
        RowMatrix<W> log_density(n, count), before;
        for (;;) {
            log_densities(fit.gaussians, fit.proportions, log_density);
            if (fit.responsibilities.size() == 0) normalize(log_density, fit.responsibilities);
            spread(log_density, fit.beta, fit.responsibilities);
            if (moved) fit.trace.clear();
            fit.trace.push_back(bound(prior, fit, log_density));
            ++fit.iterations;
            moved = false;
            if (!settled) {
                const double beta = best_beta(fit);
                settled = fit.iterations > 1 && std::abs(beta - fit.beta) < beta_settled;
                moved = !settled;
                if (moved) fit.beta = beta;
            }
            fit.beta_trace.push_back(fit.beta);
            run_.report("mixture", fit.iterations, options_.max_iterations, fit.trace.back());
            const W change = renew(before, fit.responsibilities);
            fit.converged =
                change < static_cast<W>(options_.tolerance) * static_cast<W>(before.size()) &&
                !moved;
            const bool last = fit.converged || fit.iterations >= options_.max_iterations ||
                              run_.stop.stop_requested();
            if (last) fit.objective = objective(fit, log_density);
            maximize(prior, fit);
            if (last) break;
        }
        return fit;
    }

private:
    using Colors = std::vector<std::vector<Index>>;

    /// β that changes by less has settled.
    static constexpr double beta_settled = 1e-4;

    template <class Visit>
    void for_each_lane_block(Visit&& visit) const {
        const Lanes lanes(scores_.rows());
        parallel_for(lanes.count(), run_.threads, [&](Index lane) {
            for_each_block(lanes.begin(lane), lanes.end(lane), visit);
        });
    }

    /// log N(v_i; μ_k, Σ_k) + log π_k.
    void log_densities(const Gaussians<W>& g, const Vector<W>& proportions,
                       RowMatrix<W>& out) const {
        const Whitening<W> whitening(g);
        const W constant =
            W(0.5) * static_cast<W>(scores_.cols()) * std::log(2 * std::numbers::pi_v<W>);
        Vector<W> log_proportions = proportions;
        for (W& p : log_proportions) p = std::log(p) - constant;
        for_each_lane_block([&](Index begin, Index rows) {
            auto block = out.middleRows(begin, rows);
            whitening.energies(scores_.middleRows(begin, rows), block);
            for (Index i = 0; i < rows; ++i)
                block.row(i) = log_proportions.transpose() - block.row(i);
        });
    }

    void normalize(const RowMatrix<W>& log_density, RowMatrix<W>& r) const {
        r.resize(log_density.rows(), log_density.cols());
        for_each_lane_block([&](Index begin, Index rows) {
            for (Index i = begin; i < begin + rows; ++i) {
                const W sum = log_sum_exp(log_density.row(i).array());
                r.row(i) = (log_density.row(i).array() - sum).exp().matrix();
            }
        });
    }

    /// before = r; the sum of what that changes, without bound the first time.
    [[nodiscard]] W renew(RowMatrix<W>& before, const RowMatrix<W>& r) const {
        const bool first = before.size() == 0;
        before.resize(r.rows(), r.cols());
        const double change = sum_over_spots([&](Index i) {
            const W moved = first ? W(0) : (r.row(i) - before.row(i)).cwiseAbs().sum();
            before.row(i) = r.row(i);
            return static_cast<double>(moved);
        });
        return first ? std::numeric_limits<W>::infinity() : static_cast<W>(change);
    }

    /// Coordinate ascent in the responsibilities, spots of one colour at a time: no two of them
    /// are neighbours, so their order does not matter.
    void spread(const RowMatrix<W>& log_density, double beta, RowMatrix<W>& r) const {
        for (Index sweep = 0; sweep < options_.max_sweeps; ++sweep) {
            W change = 0;
            for (const auto& nodes : *colors_) {
                struct Most {
                    W value = 0;
                    Most& operator+=(const Most& other) {
                        value = std::max(value, other.value);
                        return *this;
                    }
                };
                change = std::max(
                    change,
                    sum_lanes(Lanes(std::ssize(nodes)), run_.threads, Most{},
                              [&](Most& most, Index begin, Index end) {
                                  Eigen::Array<W, 1, Eigen::Dynamic> joint(r.cols());
                                  for (Index at = begin; at < end; ++at) {
                                      const Index i = nodes[static_cast<std::size_t>(at)];
                                      joint.setZero();
                                      for (const Index j : graph_.of(i)) joint += r.row(j).array();
                                      joint =
                                          log_density.row(i).array() + static_cast<W>(beta) * joint;
                                      joint = (joint - joint.maxCoeff()).exp();
                                      joint /= joint.sum();
                                      most.value = std::max(
                                          most.value, (joint - r.row(i).array()).abs().maxCoeff());
                                      r.row(i) = joint.matrix();
                                  }
                              })
                        .value);
            }
            if (change < W(1e-3)) break;
        }
    }

    /// Expected neighbours of each label around spot i.
    [[nodiscard]] auto field(const RowMatrix<W>& r, Index i) const {
        Eigen::Array<W, 1, Eigen::Dynamic> sum = Eigen::Array<W, 1, Eigen::Dynamic>::Zero(r.cols());
        for (const Index j : graph_.of(i)) sum += r.row(j).array();
        return sum;
    }

    /// First and second derivative by β.
    struct Slopes {
        double first = 0, second = 0;
        Slopes& operator+=(const Slopes& other) {
            first += other.first;
            second += other.second;
            return *this;
        }
    };

    /// Those of −Σ_i log Σ_k exp(log π_k + β F_ik), of the spots with these fields F.
    static void add_slopes(Slopes& found, const Matrix<W>& fields, const Vector<W>& prior, W beta,
                           Index from, Index to) {
        const Index count = fields.cols();
        Matrix<W> joint(spot_block, count), sums(spot_block, 4);
        for_each_block(from, to, [&](Index begin, Index rows) {
            using Column = decltype(column_of(joint, 0, rows));
            const auto p = [&](Index k) { return column_of(joint, k, rows); };
            const auto f = [&](Index k) {
                return Eigen::Map<const Eigen::Array<W, Eigen::Dynamic, 1>>(
                    fields.data() + k * fields.rows() + begin, rows);
            };
            Column most = column_of(sums, 0, rows), sum = column_of(sums, 1, rows),
                   mean = column_of(sums, 2, rows), square = column_of(sums, 3, rows);
            for (Index k = 0; k < count; ++k) {
                p(k) = beta * f(k);
                p(k) += prior[k];
                if (k == 0)
                    most = p(k);
                else
                    most = most.max(p(k));
            }
            for (Column* total : {&sum, &mean, &square}) total->setZero();
            for (Index k = 0; k < count; ++k) {
                Column one = p(k);
                one -= most;
                one = one.exp();
                sum += one;
                one *= f(k);
                mean += one;
                one *= f(k);
                square += one;
            }
            mean /= sum;
            square /= sum;
            found.first -= static_cast<double>(mean.sum());
            found.second -= static_cast<double>(square.sum() - mean.matrix().squaredNorm());
        });
    }

    /// Maximum over [0, beta_max] of Σ_i Σ_k R_ik log softmax_k(log π + β F_i), concave in β. It
    /// rests on at most 20,000 spots, evenly spaced: β does not need more.
    [[nodiscard]] double best_beta(const MeanFieldFit<W>& fit) const {
        const auto& r = fit.responsibilities;
        const Index n = r.rows(), count = r.cols();
        const Index stride = (n + 19'999) / 20'000, used = (n + stride - 1) / stride;
        Matrix<W> fields(used, count);  // a column for each label: spots are done side by side
        const Lanes lanes(used);
        const int threads = used < 10'000 ? 1 : run_.threads;  // a few are sooner done than begun
        const double seen =                                    // Σ R F, whatever β
            sum_lanes(lanes, threads, 0.0, [&](double& sum, Index begin, Index end) {
                for (Index s = begin; s < end; ++s) {
                    const auto f = field(r, s * stride);
                    fields.row(s) = f.matrix();
                    sum += static_cast<double>((r.row(s * stride).array() * f).sum());
                }
            });
        Vector<W> prior = fit.proportions;
        for (W& p : prior) p = std::log(p);
        const auto slopes = [&](double beta) {
            const auto found =
                sum_lanes(lanes, threads, Slopes{}, [&](Slopes& sum, Index begin, Index end) {
                    add_slopes(sum, fields, prior, static_cast<W>(beta), begin, end);
                });
            return std::array<double, 2>{seen + found.first, found.second};
        };
        return maximize_concave(slopes, options_.beta_max, fit.beta);
    }

    /// The labels' expected log pseudo-likelihood and log density, and their entropy.
    [[nodiscard]] double objective(const MeanFieldFit<W>& fit,
                                   const RowMatrix<W>& log_density) const {
        const auto& r = fit.responsibilities;
        const Eigen::Array<W, 1, Eigen::Dynamic> prior = fit.proportions.transpose().array().log();
        return sum_over_spots([&](Index i) {
            const Eigen::Array<W, 1, Eigen::Dynamic> u =
                prior + static_cast<W>(fit.beta) * field(r, i);
            const auto ri = r.row(i).array();
            // log_density holds log π, which u holds too
            return static_cast<double>((ri * (log_density.row(i).array() - prior + u -
                                              log_sum_exp(u) - (ri + W(1e-300)).log()))
                                           .sum());
        });
    }

    /// What the iterations climb at one β: the expected log density of scores, labels and priors
    /// plus the labels' entropy, less the field's own normaliser, which depends on β alone.
    [[nodiscard]] double bound(const MixturePrior<W>& prior, const MeanFieldFit<W>& fit,
                               const RowMatrix<W>& log_density) const {
        const auto& r = fit.responsibilities;
        double of_prior = static_cast<double>(fit.proportions.array().log().sum());
        for (Index k = 0; k < r.cols(); ++k) {
            const auto at = static_cast<std::size_t>(k);
            const Cholesky<W> root(fit.gaussians.covariances[at]);
            const Matrix<W> away = (fit.gaussians.means.row(k) - prior.at.means.row(k)).transpose();
            const W spread = root.log_determinant() + root.solve(prior.at.covariances[at]).trace();
            of_prior -=
                static_cast<double>(W(0.5) * (prior.kappa[k] * root.solve_root(away).squaredNorm() +
                                              prior.nu[k] * spread));
        }
        return of_prior + sum_over_spots([&](Index i) {
                   const auto ri = r.row(i).array();
                   return static_cast<double>((ri * (log_density.row(i).array() +
                                                     static_cast<W>(0.5 * fit.beta) * field(r, i) -
                                                     (ri + W(1e-300)).log()))
                                                  .sum());
               });
    }

    template <class Value>
    [[nodiscard]] double sum_over_spots(Value&& value) const {
        struct Sum {
            double value = 0;
            Sum& operator+=(const Sum& other) {
                value += other.value;
                return *this;
            }
        };
        return sum_lanes(Lanes(scores_.rows()), run_.threads, Sum{},
                         [&](Sum& sum, Index begin, Index end) {
                             for (Index i = begin; i < end; ++i) sum.value += value(i);
                         })
            .value;
    }

    /// Means, covariances and proportions at the posterior mode given the responsibilities.
    void maximize(const MixturePrior<W>& prior, MeanFieldFit<W>& fit) const {
        const auto& r = fit.responsibilities;
        const Index count = r.cols(), q = scores_.cols();
        const auto sums =
            sum_lanes(Lanes(scores_.rows()), run_.threads, WeightedSums<W>::zero(count, q),
                      [&](WeightedSums<W>& part, Index begin, Index end) {
                          for_each_block(begin, end, [&](Index b, Index rows) {
                              part.add(scores_.middleRows(b, rows), r.middleRows(b, rows));
                          });
                      });
        fit.weights = sums.weight;
        fit.proportions = (sums.weight.array() + 1) / (sums.weight.sum() + static_cast<W>(count));
        for (Index k = 0; k < count; ++k) {
            const auto at = static_cast<std::size_t>(k);
            const W weight = sums.weight[k], kappa = prior.kappa[k], nu = prior.nu[k];
            Matrix<W> scatter = sums.second(k);
            Vector<W> mean(q), away(q);
            for (Index a = 0; a < q; ++a) {
                const W m = prior.at.means(k, a);
                mean[a] = (sums.first(k, a) + kappa * m) / (weight + kappa);
                away[a] = mean[a] - m;
                for (Index b = 0; b <= a; ++b) {
                    scatter(a, b) += weight * mean[a] * mean[b] + kappa * away[a] * away[b] -
                                     sums.first(k, a) * mean[b] - mean[a] * sums.first(k, b);
                    scatter(b, a) = scatter(a, b);
                }
            }
            fit.gaussians.means.row(k) = mean.transpose();
            scatter += nu * prior.at.covariances[at];
            scatter /= weight + nu;
            fit.gaussians.covariances[at] = std::move(scatter);
        }
    }

    const RowMatrix<W>& scores_;
    const Graph& graph_;
    MeanFieldOptions options_;
    RunOptions run_;
    std::shared_ptr<const Colors> colors_;
};

/// The label with the largest responsibility, of each spot.
template <class W>
[[nodiscard]] std::vector<Label> most_likely(const RowMatrix<W>& responsibilities, int threads) {
    std::vector<Label> labels(static_cast<std::size_t>(responsibilities.rows()));
    const Lanes lanes(responsibilities.rows());
    parallel_for(lanes.count(), threads, [&](Index lane) {
        for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i) {
            Index best = 0;
            responsibilities.row(i).maxCoeff(&best);
            labels[static_cast<std::size_t>(i)] = static_cast<Label>(best);
        }
    });
    return labels;
}

/// How many spots have each label (K).
template <class = void>
[[nodiscard]] std::vector<Index> spots_of(std::span<const Label> labels, Index clusters) {
    std::vector<Index> out(static_cast<std::size_t>(clusters), 0);
    for (const Label k : labels) ++out[static_cast<std::size_t>(k)];
    return out;
}

/// 1 where a spot has the label, else 0 (n × K).
template <class W>
[[nodiscard]] RowMatrix<W> one_hot(std::span<const Label> labels, Index clusters) {
    RowMatrix<W> out = RowMatrix<W>::Zero(std::ssize(labels), clusters);
    for (Index i = 0; i < out.rows(); ++i) out(i, labels[static_cast<std::size_t>(i)]) = 1;
    return out;
}

/// Moves a mean-field fit into a ClusterFit, the largest cluster first; `of` (K entries) is brought
/// into the same order as `order_of`.
template <class Scalar, class W>
void put_largest_first(ClusterFit<Scalar>& out, const MeanFieldFit<W>& found,
                       const std::vector<Label>& of, std::vector<Label>& order_of, int threads) {
    const auto& r = found.responsibilities;
    const Index count = r.cols();
    const std::vector<Label> labels = most_likely(r, threads);
    const std::vector<Index> sizes = spots_of(labels, count);
    std::vector<Index> order(sizes.size());
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
        return sizes[static_cast<std::size_t>(a)] > sizes[static_cast<std::size_t>(b)];
    });
    std::vector<Label> place(sizes.size());
    out.responsibilities = columns_in_order<Scalar>(r, order, threads);
    out.means.resize(count, found.gaussians.factors());
    for (Index to = 0; to < count; ++to) {
        const auto from = static_cast<std::size_t>(order[static_cast<std::size_t>(to)]);
        place[from] = static_cast<Label>(to);
        out.means.row(to) =
            found.gaussians.means.row(static_cast<Index>(from)).template cast<Scalar>();
        out.covariances.push_back(found.gaussians.covariances[from].template cast<Scalar>());
        out.sizes.push_back(sizes[from]);
        if (!of.empty()) order_of.push_back(of[from]);
    }
    warn_of_empty(out);
    for (const Label k : labels) out.labels.push_back(place[static_cast<std::size_t>(k)]);
    out.beta = found.beta;
    out.log_likelihood = found.objective;
    out.trace = found.trace;
    out.beta_trace = found.beta_trace;
    out.iterations = found.iterations;
    out.converged = found.converged;
}

}  // namespace transst::detail
