// TransferLoading: the source's loading adapted to the target
// (Liu et al., BMC Bioinformatics 2025, step 2).
//
//     minimise over W, V:  ‖X − VW'‖² + tr((W − W⁰) P (W − W⁰)')
//
// P = λI in the paper. Alternating least squares: V = XW(W'W)⁻¹, W = (X'V + W⁰P)(V'V + P)⁻¹, one
// sweep over X an iteration; several λ share each sweep, their columns side by side.
#pragma once

#include <transst/reduce/pldr.hpp>

namespace transst {

/// What λ multiplies.
enum class Penalty {
    relative,  ///< P = λ tr(V⁰'V⁰)/q · I, free of scale: λ = 1 weighs source and target alike
    absolute,     ///< P = λI, the paper's
    information,  ///< P = λ Σ_source⟨zz'⟩: λ = 1 counts each source cell like a target spot
};

/// How the target's scores are computed from the adapted loading.
enum class Scores {
    least_squares,  ///< XW(W'W)⁻¹, the paper's
    generalized     ///< XΛ⁻¹W(W'Λ⁻¹W)⁻¹: genes weighted by the source's noise variance
};

/// The criterion at one λ of a grid.
struct LambdaPoint {
    double lambda = 0;  ///< of the grid
    double error = 0;   ///< the criterion, the least being best
};

/// What TransferLoading::fit finds.
template <class Scalar>
struct TransferFit {
    Matrix<Scalar> loading;                 ///< adapted W: p × q
    RowMatrix<Scalar> scores;               ///< of the target: n × q
    double lambda = 0;                      ///< as given in the options
    double relative_change = 0;             ///< ‖W − W⁰‖ / ‖W⁰‖
    std::vector<LambdaPoint> lambda_curve;  ///< of ChooseLambda; else empty
    std::vector<double> trace;              ///< objective after every half step (V, W, V, W, …)
    double reconstruction_error = 0;        ///< ‖X − VW'‖² with the last V and W
    Index iterations = 0;                   ///< done
    bool converged = false;                 ///< within the tolerance, before max_iterations
    bool stopped = false;                   ///< on request
    std::vector<std::string> warnings;      ///< what went badly, in words
};

namespace detail {

/// One λ's alternating least squares between sweeps.
template <class W>
struct Alternation {
    Matrix<W> penalty;        // P: q × q
    Matrix<W> loading;        // W: p × q
    Matrix<W> scores_moment;  // V'V: q × q
    Matrix<W> cross;          // X'V: p × q
    Matrix<W> score_weights;  // B with V = XB, of the last sweep
    std::vector<double> trace;
    double reconstruction_error = 0;
    Index iterations = 0;
    bool converged = false;
};

/// ‖X − VW'‖² from X'V, V'V and ‖X‖².
template <class W>
[[nodiscard]] double reconstruction_error(W norm, const Matrix<W>& cross, const Matrix<W>& moment,
                                          const Matrix<W>& loading) {
    return static_cast<double>(norm - 2 * loading.cwiseProduct(cross).sum() +
                               times(transposed(loading), loading).cwiseProduct(moment).sum());
}

struct AlternationStop {
    Index max_iterations;
    double tolerance;
    bool reconstruction_only;  // the published rule: no penalty in what is compared
};

/// Alternates all λ to their own stop. make_penalty(i, V⁰'V⁰) gives P of the i-th λ; an empty P
/// stands for λ = ∞, which keeps W⁰.
template <class Scalar, class Rows, class MakePenalty>
[[nodiscard]] std::vector<Alternation<Wide<Scalar>>> alternate(
    const Rows& rows, const Matrix<Wide<Scalar>>& start, Index lambdas,
    const AlternationStop& until, double norm, const RunOptions& run, MakePenalty&& make_penalty) {
    using W = Wide<Scalar>;
    const Index q = start.cols();
    std::vector<Alternation<W>> all(static_cast<std::size_t>(lambdas));
    for (auto& one : all) one.loading = start;
    std::vector<double> previous(all.size(), 1e9);

    struct Moments {
        std::vector<Matrix<W>> of;
        Moments& operator+=(const Moments& other) {
            for (std::size_t i = 0; i < of.size(); ++i) of[i] += other.of[i];
            return *this;
        }
    };
    std::vector<std::size_t> active;
    for (std::size_t i = 0; i < all.size(); ++i) active.push_back(i);
    for (Index iteration = 0; iteration < until.max_iterations && !active.empty(); ++iteration) {
        // before the first step all λ stand at W⁰: one V serves them all
        const bool together = iteration == 0;
        const auto stacked = together ? Index{1} : std::ssize(active);
        Matrix<W> weights(rows.cols(), q * stacked);
        for (Index s = 0; s < stacked; ++s) {
            auto& one = all[active[static_cast<std::size_t>(s)]];
            one.score_weights =
                over_symmetric(one.loading, times(transposed(one.loading), one.loading));
            weights.middleCols(s * q, q) = one.score_weights;
        }
        auto swept = sweep<Scalar>(
            rows, weights, q * stacked,
            Moments{
                std::vector<Matrix<W>>(static_cast<std::size_t>(stacked), Matrix<W>::Zero(q, q))},
            run, [q](Moments& moments, Index, RowBlock<Scalar> u, RowBlock<Scalar> c) {
                c = u;
                for (std::size_t s = 0; s < moments.of.size(); ++s) {
                    const Matrix<W> v =
                        u.middleCols(static_cast<Index>(s) * q, q).template cast<W>();
                    add_product(moments.of[s], transposed(v), v);
                }
            });
        std::vector<std::size_t> still;
        for (std::size_t a = 0; a < active.size(); ++a) {
            auto& one = all[active[a]];
            const std::size_t s = together ? 0 : a;
            one.scores_moment = swept.state.of[s];
            one.cross = swept.product.middleCols(static_cast<Index>(s) * q, q);
            if (together) {
                one.score_weights = all[active[0]].score_weights;
                one.penalty = make_penalty(active[a], one.scores_moment);
            }
            const auto objective = [&] {
                const double error = reconstruction_error<W>(static_cast<W>(norm), one.cross,
                                                             one.scores_moment, one.loading);
                const Matrix<W> moved = one.loading - start;
                const double pull =
                    one.penalty.size() == 0
                        ? 0.0
                        : static_cast<double>(times(moved, one.penalty).cwiseProduct(moved).sum());
                one.reconstruction_error = error;
                return error + pull;
            };
            one.trace.push_back(objective());
            if (one.penalty.size() > 0) {
                const Matrix<W> left = one.scores_moment + one.penalty;
                one.loading = one.cross;
                add_product(one.loading, start, one.penalty);
                one.loading = over_symmetric(one.loading, left);
            }
            one.trace.push_back(objective());
            ++one.iterations;
            const double now =
                until.reconstruction_only ? one.reconstruction_error : one.trace.back();
            auto& before = previous[active[a]];
            one.converged = one.penalty.size() == 0 ||
                            std::abs(now - before) < until.tolerance * std::abs(before);
            before = now;
            if (!one.converged) still.push_back(active[a]);
        }
        run.report("TransferLoading", iteration + 1, until.max_iterations,
                   all.front().trace.back());
        active = std::move(still);
        if (run.stop.stop_requested()) break;
    }
    return all;
}

}  // namespace detail

/// The source's loading adapted to the target by a penalty on the distance from it.
///
///     const auto transfer = transst::TransferLoading{{.lambda = 1}}.fit(target, source_fit);
template <std::floating_point Scalar = double>
struct TransferLoading {
    static constexpr std::string_view name = "TransferLoading";
    using W = Wide<Scalar>;

    struct Options {
        double lambda = 1;                    ///< ≥ 0; infinity keeps the source's loading
        Penalty penalty = Penalty::relative;  ///< on the distance from the source
        Scores scores = Scores::generalized;  ///< how they are computed
        Index max_iterations = 100;           ///< at most so many
        double tolerance = 1e-6;              ///< relative change of the objective
        bool published_stop = false;          ///< compare the reconstruction error alone, and
                                              ///< return the V that the last W was made from

        /// The published code: absolute λ, least squares, its own stopping rule.
        [[nodiscard]] static Options published() {
            return {.lambda = 0.1,
                    .penalty = Penalty::absolute,
                    .scores = Scores::least_squares,
                    .max_iterations = 49,
                    .tolerance = 1e-3,
                    .published_stop = true};
        }
    } options{};

    /// x: the target, n × p (Expression or Standardized), with the genes of `source`, standardised
    /// alike. Throws ShapeMismatch if the genes differ in number, InvalidArgument for a negative or
    /// NaN lambda or no iterations, BadData if an entry is not finite.
    template <class X>
    [[nodiscard]] TransferFit<Scalar> fit(const X& x, const PLDRFit<Scalar>& source,
                                          const RunOptions& run = {}) const {
        const auto& seen = as_rows(x);
        const auto rows = detail::any_rows<Scalar>(seen);
        check(rows, source, options.lambda);
        const double norm = column_square_norms(rows, run, "TransferLoading::fit").sum();
        const auto one = std::move(
            detail::alternate<Scalar>(rows, source.loading.template cast<W>(), 1, stop_rule(), norm,
                                      run, penalties(source, {options.lambda}))
                .front());
        TransferFit<Scalar> fit;
        fit.loading = one.loading.template cast<Scalar>();
        fit.lambda = options.lambda;
        const Matrix<W> start = source.loading.template cast<W>();
        fit.relative_change = static_cast<double>((one.loading - start).norm() / start.norm());
        fit.trace = one.trace;
        fit.reconstruction_error = one.reconstruction_error;
        fit.iterations = one.iterations;
        fit.converged = one.converged;
        fit.stopped = run.stop.stop_requested();
        fit.scores = project<Scalar>(rows, score_weights(one, source), run);
        if (!fit.converged && !fit.stopped)
            fit.warnings.push_back(text("TransferLoading did not converge in ",
                                        options.max_iterations,
                                        " iterations; raise max_iterations or tolerance"));
        return fit;
    }

    /// Refuses a target, λ or options that cannot be used.
    template <class Rows>
    void check(const Rows& rows, const PLDRFit<Scalar>& source, double lambda) const {
        require(options.max_iterations >= 1,
                "TransferLoading::fit: max_iterations = ", options.max_iterations,
                "; it must be at least 1");
        require<ShapeMismatch>(rows.cols() == source.genes(), "TransferLoading::fit: X has ",
                               rows.cols(), " genes, the source's loading has ", source.genes(),
                               "; align the genes first");
        require<ShapeMismatch>(rows.rows() > source.factors(), "TransferLoading::fit: X has ",
                               rows.rows(), " spots, the source's loading ", source.factors(),
                               " factors; there must be more spots than factors");
        require(lambda >= 0, "TransferLoading::fit: lambda = ", lambda,
                "; it must be 0 or more (infinity keeps the source's loading)");
    }

    /// When to stop, as detail::alternate asks for it.
    [[nodiscard]] detail::AlternationStop stop_rule() const {
        return {options.max_iterations, options.tolerance, options.published_stop};
    }

    /// P of each λ, as detail::alternate asks for it.
    [[nodiscard]] auto penalties(const PLDRFit<Scalar>& source, std::vector<double> lambdas) const {
        return [&source, lambdas = std::move(lambdas), kind = options.penalty](
                   std::size_t i, const Matrix<W>& moment) -> Matrix<W> {
            const Index q = moment.rows();
            const W lambda = static_cast<W>(lambdas[i]);
            if (std::isinf(lambdas[i])) return {};
            const Matrix<W> identity = Matrix<W>::Identity(q, q);
            switch (kind) {
                case Penalty::relative:
                    return lambda * moment.trace() / static_cast<W>(q) * identity;
                case Penalty::absolute:
                    return lambda * identity;
                case Penalty::information:
                    break;
            }
            return lambda * source.score_moment.template cast<W>();
        };
    }

private:
    [[nodiscard]] Matrix<W> score_weights(const detail::Alternation<W>& one,
                                          const PLDRFit<Scalar>& source) const {
        if (options.published_stop) return one.score_weights;
        FactorModel<W> model{one.loading, source.noise_variance.template cast<W>(), {}, {}};
        if (options.scores == Scores::least_squares) model.noise_variance.setOnes();
        return model.score_weights();
    }
};

// TransferLoading{{…}} is double: Clang before 17 does not see that by itself.
TransferLoading()->TransferLoading<>;
TransferLoading(TransferLoading<>::Options)->TransferLoading<>;

}  // namespace transst
