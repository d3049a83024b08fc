// PLDR: supervised probabilistic linear dimension reduction of the labelled source
// (Liu et al., BMC Bioinformatics 2025, step 1).
//
//     x_i = W z_i + ε_i,   z_i | y_i = k ~ N(μ_k, Σ_k),   ε_i ~ N(0, Λ),   y_i known
#pragma once

#include <transst/core/labels.hpp>
#include <transst/reduce/factor_coordinates.hpp>
#include <transst/reduce/quasi_newton.hpp>
#include <transst/reduce/truncated_svd.hpp>

#include <limits>
#include <numbers>

namespace transst {

/// What PLDR::fit finds, with the trace of its log-likelihood.
template <class Scalar>
struct PLDRFit : FactorModel<Scalar> {
    std::vector<Index> class_sizes;     ///< K
    Matrix<Scalar> score_moment;        ///< Σ_i ⟨z_i z_i'⟩ over the source: q × q
    std::vector<double> trace;          ///< log-likelihood after 0, 1, … iterations
    double log_likelihood = 0;          ///< of the model returned
    Index iterations = 0;               ///< done
    bool converged = false;             ///< within the tolerance, before max_iterations
    bool stopped = false;               ///< on request
    std::vector<std::string> warnings;  ///< in words
};

/// Expectation–maximisation for the factor model above; one sweep over X an iteration.
///
///     const auto fit = transst::PLDR{{.factors = 15}}.fit(transst::standardize(x), labels);
template <std::floating_point Scalar = double>
struct PLDR {
    static constexpr std::string_view name = "PLDR";
    using W = Wide<Scalar>;

    struct Options {
        Index factors = 15;          ///< q, below min(n, p)
        Index max_iterations = 500;  ///< at most so many
        double tolerance = 1e-5;     ///< relative change of the log-likelihood; what is left to
                                     ///< gain is fitted to noise where counts are few
        bool canonical = true;       ///< fix the free q × q change of z after the fit (METHOD:
                                     ///< pooled covariance I, W'Λ⁻¹W diagonal and falling)
        bool accelerate = true;      ///< by quasi-Newton steps (L-BFGS in the metric of EM), which
                                     ///< need far fewer iterations and never fall either
        bool random_noise_start = false;  ///< Λ starts at U(0.5, 2), not at the SVD's residual

        /// The published code: it stops after two iterations and leaves z as it falls.
        [[nodiscard]] static Options published() {
            return {.max_iterations = 2,
                    .canonical = false,
                    .accelerate = false,
                    .random_noise_start = true};
        }
    } options{};

    /// x: n × p (Expression or Standardized; centred per gene if the model is to have no mean).
    /// labels: n classes 0 … K − 1; cells marked left_out are not used. Starts from a truncated
    /// SVD. Throws ShapeMismatch, InvalidArgument (factors not in [1, min(n, p)), a class number
    /// without cells) or BadData (NaN). Never falls: each iteration raises the log-likelihood.
    template <class X>
    [[nodiscard]] PLDRFit<Scalar> fit(const X& x, std::span<const Label> labels,
                                      const RunOptions& run = {}) const {
        return with_labelled(x, labels, [&](const auto& rows, std::span<const Label> classes) {
            check(rows, classes);
            // the caller hears of EM's iterations alone
            const RunOptions silent{.seed = run.seed, .threads = run.threads, .stop = run.stop};
            return expectation_maximization(
                rows, classes, start(rows, classes, start_svd().fit(rows, silent), run), run);
        });
    }

    /// The SVD that a fit starts from; it need not be exact, since EM turns the loading anyway.
    [[nodiscard]] TruncatedSVD<Scalar> start_svd() const {
        return {{.factors = options.factors, .max_iterations = 20, .tolerance = 1e-2}};
    }

    /// As above, from the SVD, start_svd() or another, of the cells that have a label.
    template <class X>
    [[nodiscard]] PLDRFit<Scalar> fit(const X& x, std::span<const Label> labels,
                                      const SVDFit<Scalar>& svd, const RunOptions& run = {}) const {
        return with_labelled(x, labels, [&](const auto& rows, std::span<const Label> classes) {
            check(rows, classes);
            require<ShapeMismatch>(
                svd.scores.rows() == rows.rows() && svd.loading.rows() == rows.cols() &&
                    svd.scores.cols() == options.factors && svd.loading.cols() == options.factors,
                "PLDR::fit: the SVD is of ", svd.scores.rows(), " × ", svd.loading.rows(), " with ",
                svd.scores.cols(), " factors, the labelled cells are ", rows.rows(), " × ",
                rows.cols(), " and factors = ", options.factors);
            return expectation_maximization(rows, classes, start(rows, classes, svd, run), run);
        });
    }

    /// As above, from a start of the caller's own (options.factors is taken from it).
    template <class X>
    [[nodiscard]] PLDRFit<Scalar> fit(const X& x, std::span<const Label> labels,
                                      const FactorModel<Scalar>& from,
                                      const RunOptions& run = {}) const {
        return with_labelled(x, labels, [&](const auto& rows, std::span<const Label> classes) {
            PLDR same = *this;
            same.options.factors = from.factors();
            const Index found = same.check(rows, classes);
            require<ShapeMismatch>(from.genes() == rows.cols() && from.classes() == found &&
                                       from.noise_variance.size() == rows.cols() &&
                                       std::ssize(from.covariances) == found,
                                   "PLDR::fit: the start has ", from.genes(), " genes and ",
                                   from.classes(), " classes, the data have ", rows.cols(), " and ",
                                   found);
            Model model{from.loading.template cast<W>(),
                        from.noise_variance.template cast<W>(),
                        from.means.template cast<W>(),
                        {}};
            for (const auto& c : from.covariances)
                model.covariances.push_back(c.template cast<W>());
            return same.expectation_maximization(rows, classes, std::move(model), run);
        });
    }

private:
    using Model = FactorModel<W>;

    /// Sums over the cells of one class, of d = ⟨z⟩ − μ.
    struct ClassSums {
        Vector<W> sum;
        Matrix<W> squares;
    };
    struct Moments {
        std::vector<ClassSums> classes;
        Moments& operator+=(const Moments& other) {
            for (std::size_t k = 0; k < classes.size(); ++k) {
                classes[k].sum += other.classes[k].sum;
                classes[k].squares += other.classes[k].squares;
            }
            return *this;
        }
    };
    using Ties = detail::Ties;
    /// What one E step finds: the log-likelihood of the model it saw, and the M step's answer.
    struct Step {
        double log_likelihood = 0;
        Model next;
        Matrix<W> moment;
    };

    template <class X, class Fit>
    [[nodiscard]] static PLDRFit<Scalar> with_labelled(const X& x, std::span<const Label> labels,
                                                       Fit&& fit) {
        const auto& all = as_rows(x);
        const auto rows = detail::any_rows<Scalar>(all);
        require<ShapeMismatch>(std::ssize(labels) == rows.rows(), "PLDR::fit: labels has ",
                               labels.size(), " entries, X has ", rows.rows(),
                               " rows; give every cell a label, or left_out");
        std::vector<Index> used;
        std::vector<Label> classes;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (labels[i] == left_out) continue;
            used.push_back(static_cast<Index>(i));
            classes.push_back(labels[i]);
        }
        if (used.size() == labels.size()) return fit(rows, labels);
        const auto chosen = select_rows(all, std::move(used));
        return fit(detail::any_rows<Scalar>(chosen), classes);
    }

    /// Refuses what cannot be fitted; returns the number of classes.
    template <class Rows>
    Index check(const Rows& rows, std::span<const Label> labels) const {
        const Index least = std::min<Index>(rows.rows(), rows.cols());
        require(options.factors >= 1 && options.factors < least,
                "PLDR::fit: factors = ", options.factors, ", the labelled cells are ", rows.rows(),
                " and the genes ", rows.cols(), "; factors must be at least 1 and below ", least);
        require(options.max_iterations >= 0, "PLDR::fit: max_iterations = ", options.max_iterations,
                "; it must not be negative");
        const auto sizes = class_sizes(labels);
        for (std::size_t k = 0; k < sizes.size(); ++k)
            require(sizes[k] > 0, "PLDR::fit: class ", k, " of ", sizes.size(),
                    " has no cells; number the classes without gaps, as code_labels does");
        return std::ssize(sizes);
    }

    [[nodiscard]] static std::vector<Index> class_sizes(std::span<const Label> labels) {
        std::vector<Index> sizes;
        for (const Label k : labels) {
            require(k >= 0, "PLDR::fit: a label is ", k,
                    "; classes are numbered from 0, and left_out is ", left_out);
            if (std::ssize(sizes) <= k) sizes.resize(static_cast<std::size_t>(k) + 1, 0);
            ++sizes[static_cast<std::size_t>(k)];
        }
        return sizes;
    }

    /// From a truncated SVD: class means and covariances of its scores; noise from its residual.
    template <class Rows>
    [[nodiscard]] Model start(const Rows& rows, std::span<const Label> labels,
                              const SVDFit<Scalar>& svd, const RunOptions& run) const {
        const Index q = options.factors, n = rows.rows();
        const RowMatrix<W> scores = svd.scores.template cast<W>();
        const auto sizes = class_sizes(labels);
        const Index count = std::ssize(sizes);
        Model model{svd.loading.template cast<W>(), {}, Matrix<W>::Zero(count, q), {}};
        for (Index i = 0; i < n; ++i) model.means.row(labels[at(i)]) += scores.row(i);
        for (Index k = 0; k < count; ++k) model.means.row(k) /= static_cast<W>(sizes[at(k)]);
        std::vector<Matrix<W>> squares(sizes.size(), Matrix<W>::Zero(q, q));
        Matrix<W> pooled = Matrix<W>::Zero(q, q);
        Vector<W> d(q);
        for (Index i = 0; i < n; ++i) {
            d = (scores.row(i) - model.means.row(labels[at(i)])).transpose();
            detail::add_outer(squares[at(labels[at(i)])], W(1), d);
        }
        for (const auto& s : squares) pooled += s;
        pooled /= static_cast<W>(std::max<Index>(1, n - count));
        pooled.diagonal().array() +=
            std::max(pooled.trace(), W(1e-12)) * W(1e-6) / static_cast<W>(q);
        for (Index k = 0; k < count; ++k) {
            // thin classes begin nearer to the pooled covariance, so that every start is invertible
            const W weight = static_cast<W>(sizes[at(k)]) / static_cast<W>(sizes[at(k)] + q + 1);
            const W divisor = static_cast<W>(std::max<Index>(1, sizes[at(k)] - 1));
            Matrix<W> covariance = squares[at(k)];
            covariance *= weight / divisor;
            covariance += (1 - weight) * pooled;
            model.covariances.push_back(std::move(covariance));
        }
        if (options.random_noise_start) {
            RandomStream random(run.seed, 0x504C4452);
            model.noise_variance.resize(rows.cols());
            for (W& v : model.noise_variance) v = static_cast<W>(random.uniform(0.5, 2));
        } else {
            const Vector<W> squares_of_genes =
                column_square_norms(rows, run, "PLDR::fit").template cast<W>();
            const W floor = noise_floor(squares_of_genes, n);
            model.noise_variance = squares_of_genes;
            for (Index k = 0; k < q; ++k) {
                const W value = static_cast<W>(svd.singular_values[k]);
                for (Index j = 0; j < rows.cols(); ++j)
                    model.noise_variance[j] -=
                        value * value * model.loading(j, k) * model.loading(j, k);
            }
            for (W& v : model.noise_variance) v = std::max(v / static_cast<W>(n), floor);
        }
        return model;
    }

    /// Below this a noise variance counts as none: a millionth of the genes' mean square. It is a
    /// bound of the model, so the M step that keeps it still maximises.
    [[nodiscard]] static W noise_floor(const Vector<W>& square_norms, Index n) {
        const W mean = square_norms.sum() / static_cast<W>(square_norms.size() * n);
        return std::max(mean * W(1e-6), std::numeric_limits<W>::min() * W(1e20));
    }

    /// Classes of fewer than q + 1 cells have no covariance of their own: they share one, together
    /// with the next larger classes until it rests on 2(q + 1) cells. Sharing is part of the model,
    /// so the log-likelihood stays monotone.
    [[nodiscard]] Ties tie_thin_classes(const std::vector<Index>& sizes,
                                        std::vector<std::string>& warnings) const {
        std::vector<std::size_t> order(sizes.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](auto a, auto b) { return sizes[a] < sizes[b]; });
        const Index enough = options.factors + 1;
        Ties ties{std::vector<std::size_t>(sizes.size(), 0), 0};
        Index together = 0;
        bool open = false;
        for (const std::size_t k : order) {
            if (sizes[k] < enough)
                warnings.push_back(text("class ", k, " has ", sizes[k],
                                        sizes[k] == 1 ? " cell, fewer than factors + 1 = "
                                                      : " cells, fewer than factors + 1 = ",
                                        enough,
                                        "; its covariance is shared with the other small classes"));
            if (sizes[k] < enough || (open && together < 2 * enough)) {
                if (!open) ++ties.groups;
                open = true;
                together += sizes[k];
                ties.group[k] = ties.groups - 1;
            } else {
                ties.group[k] = ties.groups++;
                open = false;
            }
        }
        return ties;
    }

    template <class Rows>
    [[nodiscard]] PLDRFit<Scalar> expectation_maximization(const Rows& rows,
                                                           std::span<const Label> labels,
                                                           Model model,
                                                           const RunOptions& run) const {
        PLDRFit<Scalar> fit;
        fit.class_sizes = class_sizes(labels);
        const Ties ties = tie_thin_classes(fit.class_sizes, fit.warnings);
        const Vector<W> norms = column_square_norms(rows, run, "PLDR::fit").template cast<W>();
        const W floor = noise_floor(norms, rows.rows());
        share_covariances(model, ties, fit.class_sizes);
        Matrix<W> moment;
        const detail::FactorCoordinates<W> coordinates(fit.class_sizes, ties, floor);
        constexpr Index steps_kept = 8;
        detail::QuasiNewton<W> newton(steps_kept);
        Vector<W> place, slope;  // of the last good model: its coordinates, the gradient there
        const auto propose = [&](const Step& step) -> Vector<W> {
            Vector<W> here = coordinates.of(model);
            Vector<W> gradient = coordinates.gradient(model, step.next, moment);
            if (place.size() > 0) newton.remember(here - place, slope - gradient);
            place = std::move(here);
            slope = std::move(gradient);
            if (newton.empty()) return {};
            return place + newton.direction(slope, [&](const Vector<W>& v) {
                return coordinates.precondition(model, moment, v);
            });
        };
        Model accepted, plain;  // the last good model, and the plain EM step from it
        bool proposed = false;
        for (;;) {
            Step step = expect_and_maximize(rows, labels, model, fit.class_sizes, ties, norms, run);
            if (proposed && !(step.log_likelihood >= fit.trace.back())) {
                // the proposal went too far: take the plain step, which cannot fall
                model = std::move(plain);
                newton.forget();
                proposed = false;
                fit.trace.push_back(fit.trace.back());
                fit.iterations = std::ssize(fit.trace) - 1;
                fit.stopped = run.stop.stop_requested();
                if (fit.iterations < options.max_iterations && !fit.stopped) continue;
                model = std::move(accepted);
                break;
            }
            if (options.accelerate && !fit.trace.empty() &&
                !(step.log_likelihood >= fit.trace.back())) {
                // EM's own step falls by rounding alone: there is nowhere further to go
                model = std::move(accepted);
                fit.converged = true;
                break;
            }
            fit.trace.push_back(step.log_likelihood);
            moment = step.moment;
            fit.iterations = std::ssize(fit.trace) - 1;
            run.report("PLDR", fit.iterations, options.max_iterations, step.log_likelihood);
            fit.converged = fit.iterations > 0 && settled(fit.trace);
            fit.stopped = run.stop.stop_requested();
            if (fit.converged || fit.stopped || fit.iterations >= options.max_iterations) break;
            proposed = false;
            if (options.accelerate) {
                Model next = model;
                if (coordinates.to_model(propose(step), next)) {
                    plain = std::move(step.next);
                    accepted = std::exchange(model, std::move(next));
                    proposed = true;
                    continue;
                }
                newton.forget();
            }
            accepted = std::exchange(model, std::move(step.next));
        }
        fit.log_likelihood = fit.trace.back();
        if (options.canonical) make_canonical(model, moment, fit.class_sizes);
        fit.loading = model.loading.template cast<Scalar>();
        fit.noise_variance = model.noise_variance.template cast<Scalar>();
        fit.means = model.means.template cast<Scalar>();
        for (const auto& c : model.covariances)
            fit.covariances.push_back(c.template cast<Scalar>());
        fit.score_moment = moment.template cast<Scalar>();
        if (!fit.converged && !fit.stopped && options.tolerance > 0 && options.max_iterations > 2)
            fit.warnings.push_back(text("PLDR did not converge in ", options.max_iterations,
                                        " iterations; raise max_iterations or tolerance"));
        return fit;
    }

    /// The start, too, keeps to one covariance for each group.
    static void share_covariances(Model& model, const Ties& ties, const std::vector<Index>& sizes) {
        const Index q = model.factors();
        std::vector<Matrix<W>> shared(ties.groups, Matrix<W>::Zero(q, q));
        std::vector<W> weight(ties.groups, 0);
        for (std::size_t k = 0; k < sizes.size(); ++k) {
            shared[ties.group[k]] += static_cast<W>(sizes[k]) * model.covariances[k];
            weight[ties.group[k]] += static_cast<W>(sizes[k]);
        }
        for (std::size_t k = 0; k < sizes.size(); ++k)
            if (weight[ties.group[k]] != static_cast<W>(sizes[k]))
                model.covariances[k] = shared[ties.group[k]] / weight[ties.group[k]];
    }

    [[nodiscard]] bool settled(const std::vector<double>& trace) const {
        const double now = trace.back(), before = trace[trace.size() - 2];
        return std::abs(now - before) < options.tolerance * std::abs(before);
    }

    template <class Rows>
    [[nodiscard]] Step expect_and_maximize(const Rows& rows, std::span<const Label> labels,
                                           const Model& model, const std::vector<Index>& sizes,
                                           const Ties& ties, const Vector<W>& norms,
                                           const RunOptions& run) const {
        const Index q = model.factors(), n = rows.rows(), count = model.classes();
        const auto [a, m] = model.information();
        const Matrix<W> means_m = detail::times(model.means, m);  // rows (Mμ_k)'
        std::vector<Matrix<W>> precision(at(count)), c(at(count));  // C_k⁻¹ = M + Σ_k⁻¹, and C_k
        W log_determinants = 0;  // Σ N_k (log|Σ_k| + log|C_k⁻¹|)
        for (Index k = 0; k < count; ++k) {
            const detail::Cholesky<W> covariance(model.covariances[at(k)]);
            precision[at(k)] = covariance.inverse();
            precision[at(k)] += m;
            const detail::Cholesky<W> posterior(precision[at(k)]);
            c[at(k)] = posterior.inverse();
            log_determinants += static_cast<W>(sizes[at(k)]) *
                                (covariance.log_determinant() + posterior.log_determinant());
        }

        // E step: d_i = ⟨z_i⟩ − μ_k = C_k(A'x_i − Mμ_k), since μ_k = C_k(M + Σ_k⁻¹)μ_k
        Moments zero;
        zero.classes.assign(at(count), {Vector<W>::Zero(q), Matrix<W>::Zero(q, q)});
        auto swept = sweep<Scalar>(
            rows, a, q, zero, run,
            [&](Moments& moments, Index begin, RowBlock<Scalar> u, RowBlock<Scalar> z) {
                RowMatrix<W> gathered(u.rows(), q), away(u.rows(), q);
                std::vector<Index> members;
                for (Index k = 0; k < count; ++k) {
                    members.clear();
                    for (Index i = 0; i < u.rows(); ++i)
                        if (labels[at(begin + i)] == k) members.push_back(i);
                    const Index size = std::ssize(members);
                    if (size == 0) continue;
                    for (Index i = 0; i < size; ++i)
                        for (Index j = 0; j < q; ++j)
                            gathered(i, j) = static_cast<W>(u(members[at(i)], j)) - means_m(k, j);
                    auto d = away.topRows(size);
                    d.setZero();
                    detail::add_product(d, gathered.topRows(size), c[at(k)]);
                    auto& sums = moments.classes[at(k)];
                    detail::add_product(sums.squares, detail::transposed(d), d);
                    for (Index i = 0; i < size; ++i) {
                        sums.sum += d.row(i).transpose();
                        for (Index j = 0; j < q; ++j)
                            z(members[at(i)], j) = static_cast<Scalar>(d(i, j) + model.means(k, j));
                    }
                }
            });
        const auto& classes = swept.state.classes;

        // log-likelihood of the model seen, by Woodbury: with d = C_k A'r the quadratic form
        // (A'r)'C_k(A'r) is d'C_k⁻¹d
        const W cells = static_cast<W>(n);
        W quadratic = 0, log_noise = 0;
        for (Index j = 0; j < norms.size(); ++j) {
            quadratic += norms[j] / model.noise_variance[j];
            log_noise += std::log(model.noise_variance[j]);
        }
        for (Index k = 0; k < count; ++k) {
            const auto& sums = classes[at(k)];
            const W size = static_cast<W>(sizes[at(k)]);
            const Vector<W> mean = model.means.row(k).transpose();
            const Vector<W> m_mean = means_m.row(k).transpose();
            // Σ A'x is C⁻¹Σd + N Mμ
            quadratic -= 2 * mean.dot(detail::times(precision[at(k)], sums.sum)) +
                         size * mean.dot(m_mean) +
                         precision[at(k)].cwiseProduct(sums.squares).sum();
        }
        Step step;
        step.log_likelihood = static_cast<double>(
            W(-0.5) * (cells * static_cast<W>(rows.cols()) * std::log(2 * std::numbers::pi_v<W>) +
                       cells * log_noise + log_determinants + quadratic));

        // M step
        step.moment = Matrix<W>::Zero(q, q);
        Model& next = step.next;
        next.means.resize(count, q);
        std::vector<Matrix<W>> group_squares(ties.groups, Matrix<W>::Zero(q, q));
        std::vector<W> group_size(ties.groups, 0);
        for (Index k = 0; k < count; ++k) {
            const W size = static_cast<W>(sizes[at(k)]);
            const Vector<W> shift = classes[at(k)].sum / size;
            next.means.row(k) = model.means.row(k) + shift.transpose();
            Matrix<W> spread = classes[at(k)].squares;
            spread += size * c[at(k)];
            detail::add_outer(spread, -size, shift);
            step.moment += spread;
            detail::add_outer(step.moment, size, next.means.row(k));
            group_squares[ties.group[at(k)]] += spread;
            group_size[ties.group[at(k)]] += size;
        }
        for (Index k = 0; k < count; ++k)
            next.covariances.push_back(detail::symmetric_part(group_squares[ties.group[at(k)]]) /
                                       group_size[ties.group[at(k)]]);
        step.moment = detail::symmetric_part(std::move(step.moment));
        next.loading = detail::over_symmetric(swept.product, step.moment);
        const Matrix<W> expected = detail::times(next.loading, step.moment);
        const W floor = noise_floor(norms, n);
        next.noise_variance = norms;
        for (Index k = 0; k < q; ++k)
            for (Index j = 0; j < norms.size(); ++j)
                next.noise_variance[j] +=
                    next.loading(j, k) * (expected(j, k) - 2 * swept.product(j, k));
        for (W& v : next.noise_variance) v = std::max(v / cells, floor);
        return step;
    }

    /// Fixes the free change of z: pooled within-class covariance I, W'Λ⁻¹W diagonal with falling
    /// diagonal, first entry of each column of W positive.
    static void make_canonical(Model& model, Matrix<W>& moment, const std::vector<Index>& sizes) {
        const Index q = model.factors();
        Matrix<W> pooled = Matrix<W>::Zero(q, q);
        W cells = 0;
        for (std::size_t k = 0; k < sizes.size(); ++k) {
            pooled += static_cast<W>(sizes[k]) * model.covariances[k];
            cells += static_cast<W>(sizes[k]);
        }
        using detail::times, detail::transposed;
        pooled /= cells;
        const detail::Cholesky<W> root(pooled);
        model.loading = times(model.loading, root.root());
        Matrix<W> turn = detail::falling_eigen(model.information().second).second;
        model.loading = times(model.loading, turn);
        turn = detail::scaled_columns(std::move(turn), detail::fix_signs(model.loading));
        // z' = R z with R = turn' L⁻¹
        const Matrix<W> r = times(transposed(turn), root.solve_root(Matrix<W>::Identity(q, q)));
        const auto turned = [&](const Matrix<W>& a) {
            return detail::symmetric_part(times(times(r, a), transposed(r)));
        };
        model.means = times(model.means, transposed(r));
        for (auto& covariance : model.covariances) covariance = turned(covariance);
        moment = turned(moment);
    }

    [[nodiscard]] static std::size_t at(Index i) { return static_cast<std::size_t>(i); }
    [[nodiscard]] static std::size_t at(Label i) { return static_cast<std::size_t>(i); }
};

// PLDR{{…}} is double: Clang before 17 does not see that by itself.
PLDR()->PLDR<>;
PLDR(PLDR<>::Options)->PLDR<>;

}  // namespace transst
