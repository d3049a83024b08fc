// The steps of the method, one after the other: fluent, eager, typed, by value.
//
//     const auto fit = transst::Pipeline{}
//         .then(transst::Prepare{{.genes = 2000}})
//         .then(transst::PLDR{{.factors = 15}})
//         .then(transst::TransferLoading{})
//         .then(transst::KnnGraph{{.neighbors = 5}})
//         .then(transst::SpatialGMM_MRF{{.clusters = 7}})
//         .fit(source, target, {.seed = 42, .threads = 4});
//     fit.get<transst::ClusterFit>().labels;
//
// A step of your own is any callable that is no template: its parameters say what it needs of the
// earlier results, its return type what it makes, which later steps see in place of an earlier
// result of that type. A last parameter of type RunOptions receives the run's options.
#pragma once

#include <transst/cluster/spatial_gmm_mrf.hpp>
#include <transst/graph/knn_graph.hpp>
#include <transst/graph/lattice_graph.hpp>
#include <transst/graph/radius_graph.hpp>
#include <transst/preprocess/prepare.hpp>
#include <transst/transfer/choose_lambda.hpp>

#include <initializer_list>
#include <tuple>

namespace transst {

namespace detail {

template <class T, template <class...> class Template>
inline constexpr bool is_specialization = false;
template <template <class...> class Template, class... Args>
inline constexpr bool is_specialization<Template<Args...>, Template> = true;

inline constexpr std::size_t no_place = static_cast<std::size_t>(-1);

template <class Result>
concept HasScores = requires(const Result& result) {
    result.scores;
};

/// Place of the last true, or no_place.
consteval std::size_t last_true(std::initializer_list<bool> flags) {
    std::size_t found = no_place, i = 0;
    for (const bool flag : flags) {
        if (flag) found = i;
        ++i;
    }
    return found;
}

}  // namespace detail

/// What the steps of a pipeline have made, by type.
template <class... Results>
class PipelineFit {
public:
    /// Of results made already.
    explicit PipelineFit(std::tuple<Results...> results = {}, std::vector<StepTime> times = {})
        : results_(std::move(results)), times_(std::move(times)) {}

    /// Whether some step has made a T of anything: has<transst::PLDRFit>().
    template <template <class...> class T>
    [[nodiscard]] static consteval bool has() {
        return (detail::is_specialization<Results, T> || ...);
    }

    /// The last result of type T.
    template <class T>
    [[nodiscard]] const T& get() const {
        return last<detail::last_true({std::is_same_v<Results, T>...})>();
    }

    /// The last result that is a T of anything: get<transst::ClusterFit>().
    template <template <class...> class T>
    [[nodiscard]] const auto& get() const {
        return last<detail::last_true({detail::is_specialization<Results, T>...})>();
    }

    /// The last result that has scores: TransferFit, SVDFit, or one of your own.
    [[nodiscard]] const auto& scored() const {
        return last<detail::last_true({detail::HasScores<Results>...})>();
    }

    /// Wall-clock time of each step, in order.
    [[nodiscard]] const std::vector<StepTime>& times() const { return times_; }

    /// All of the above, and one more result.
    template <class Made>
    [[nodiscard]] PipelineFit<Results..., Made> with(Made made, StepTime time) && {
        times_.push_back(std::move(time));
        return PipelineFit<Results..., Made>(
            std::tuple_cat(std::move(results_), std::tuple<Made>(std::move(made))),
            std::move(times_));
    }

private:
    template <std::size_t Place>
    [[nodiscard]] const auto& last() const {
        static_assert(
            Place != detail::no_place,
            "transst::Pipeline: no earlier step makes what this step needs; add that step "
            "(TransferLoading or TruncatedSVD for scores), or put it before this one");
        return std::get<Place>(results_);
    }

    std::tuple<Results...> results_;
    std::vector<StepTime> times_;
};

namespace detail {

/// The samples a pipeline was given; they outlive its run.
template <class Source, class Target>
struct PipelineInputs {
    std::span<const Sample<Source>* const> sources;
    const Sample<Target>* target;
};

/// Parameter types of a callable that is no template.
template <class Call>
struct Signature;
template <class Step, class Made, class... Needs>
struct Signature<Made (Step::*)(Needs...) const> {
    using Parameters = std::tuple<std::remove_cvref_t<Needs>...>;
};
template <class Made, class... Needs>
struct Signature<Made (*)(Needs...)> {
    using Parameters = std::tuple<std::remove_cvref_t<Needs>...>;
};
template <class Step>
struct CallOf {
    using Type = Step;
};
template <class Step>
    requires std::is_class_v<Step>
struct CallOf<Step> {
    using Type = decltype(&Step::operator());
};

/// What a step asks for: the run's options, the target sample, or an earlier result.
template <class Need, class Inputs, class Results>
[[nodiscard]] const auto& provide(const Inputs& inputs, const Results& results,
                                  const RunOptions& run) {
    if constexpr (std::is_same_v<Need, RunOptions>)
        return run;
    else if constexpr (std::is_same_v<Need, std::remove_cvref_t<decltype(*inputs.target)>>)
        return *inputs.target;
    else
        return results.template get<Need>();
}

template <class... Needs, class Step, class Inputs, class Results>
[[nodiscard]] auto call_step(std::type_identity<std::tuple<Needs...>>, const Step& step,
                             const Inputs& inputs, const Results& results, const RunOptions& run) {
    return step(provide<Needs>(inputs, results, run)...);
}

/// A step of the user's own: called with what its signature names.
template <class Step, class Inputs, class Results>
[[nodiscard]] auto run_step(const Step& step, const Inputs& inputs, const Results& results,
                            const RunOptions& run) {
    using Parameters = typename Signature<typename CallOf<Step>::Type>::Parameters;
    return call_step(std::type_identity<Parameters>{}, step, inputs, results, run);
}

template <class Inputs, class Results>
[[nodiscard]] auto run_step(const Prepare& step, const Inputs& inputs, const Results&,
                            const RunOptions& run) {
    return step.fit(inputs.sources, *inputs.target, run);
}

template <class Scalar, class Inputs, class Results>
[[nodiscard]] auto run_step(const PLDR<Scalar>& step, const Inputs&, const Results& results,
                            const RunOptions& run) {
    const auto& prepared = results.template get<Prepared>();
    return step.fit(prepared.source, std::span<const Label>(prepared.labels), run);
}

template <class Scalar, class Inputs, class Results>
[[nodiscard]] auto run_step(const TruncatedSVD<Scalar>& step, const Inputs&, const Results& results,
                            const RunOptions& run) {
    return step.fit(results.template get<Prepared>().target, run);
}

template <class Scalar, class Inputs, class Results>
[[nodiscard]] auto run_step(const TransferLoading<Scalar>& step, const Inputs&,
                            const Results& results, const RunOptions& run) {
    return step.fit(results.template get<Prepared>().target, results.template get<PLDRFit>(), run);
}

template <class Scalar, class Inputs, class Results>
[[nodiscard]] auto run_step(const ChooseLambda<Scalar>& step, const Inputs&, const Results& results,
                            const RunOptions& run) {
    return step.fit(results.template get<Prepared>().target, results.template get<PLDRFit>(), run);
}

template <class Step, class Inputs, class Results>
    requires std::same_as<Step, KnnGraph> || std::same_as<Step, RadiusGraph> ||
        std::same_as<Step, LatticeGraph>
[[nodiscard]] auto run_step(const Step& step, const Inputs& inputs, const Results&,
                            const RunOptions& run) {
    return step.fit(inputs.target->coordinates, inputs.target->sections, run);
}

template <class Scalar, class Inputs, class Results>
[[nodiscard]] auto run_step(const SpatialGMM_MRF<Scalar>& step, const Inputs&,
                            const Results& results, const RunOptions& run) {
    return step.fit(results.scored().scores, results.template get<Graph>(), run);
}

/// A step's name, or its place if it has none.
template <class Step>
[[nodiscard]] std::string step_name(std::size_t place) {
    if constexpr (requires { Step::name; })
        return std::string(Step::name);
    else
        return text("step ", place + 1);
}

}  // namespace detail

/// Steps to be run in order: estimators, or callables whose parameters say what they need of the
/// earlier results and whose return type says what they make.
template <class... Steps>
class Pipeline {
public:
    /// Of the steps given, or none.
    explicit Pipeline(std::tuple<Steps...> steps = {}) : steps_(std::move(steps)) {}

    /// The same pipeline with one more step at its end.
    template <class Step>
    [[nodiscard]] Pipeline<Steps..., Step> then(Step step) const {
        return Pipeline<Steps..., Step>(std::tuple_cat(steps_, std::tuple<Step>(std::move(step))));
    }

    /// Runs the steps on one labelled source and a target. Throws what the steps throw.
    template <class Source, class Target>
    [[nodiscard]] auto fit(const Sample<Source>& source, const Sample<Target>& target,
                           const RunOptions& run = {}) const {
        const Sample<Source>* const sources[] = {&source};
        return run_all<0>(detail::PipelineInputs<Source, Target>{sources, &target}, PipelineFit<>{},
                          run);
    }

    /// Runs the steps on several labelled sources and a target.
    template <class Source, class Target>
    [[nodiscard]] auto fit(const std::vector<Sample<Source>>& sources, const Sample<Target>& target,
                           const RunOptions& run = {}) const {
        std::vector<const Sample<Source>*> seen;
        for (const auto& source : sources) seen.push_back(&source);
        return run_all<0>(detail::PipelineInputs<Source, Target>{seen, &target}, PipelineFit<>{},
                          run);
    }

    /// Runs the steps on a target alone.
    template <class Target>
    [[nodiscard]] auto fit(const Sample<Target>& target, const RunOptions& run = {}) const {
        return fit(std::vector<Sample<Target>>{}, target, run);
    }

private:
    template <std::size_t I, class Inputs, class Results>
    [[nodiscard]] auto run_all(const Inputs& inputs, Results results, const RunOptions& run) const {
        if constexpr (I == sizeof...(Steps)) {
            return results;
        } else {
            using Step = std::tuple_element_t<I, std::tuple<Steps...>>;
            const std::string name = detail::step_name<Step>(I);
            run.begin(name);
            StepClock clock;
            auto made = detail::run_step(std::get<I>(steps_), inputs, results, run);
            clock.end(name);
            return run_all<I + 1>(
                inputs, std::move(results).with(std::move(made), clock.times().front()), run);
        }
    }

    std::tuple<Steps...> steps_;
};

}  // namespace transst
