// The ways to find a target's regions with a source.
#pragma once

#include <transst/cluster/guided_gmm_mrf.hpp>
#include <transst/learn_source.hpp>
#include <transst/metrics/assortativity.hpp>
#include <transst/regions/class_trust.hpp>
#include <transst/regions/comparison.hpp>
#include <transst/transfer/choose_lambda.hpp>

#include <numeric>

namespace transst::detail {

/// About 20,000 of n rows, evenly spaced; all where they are fewer.
template <class = void>
[[nodiscard]] std::vector<Index> evenly_spaced(Index n) {
    std::vector<Index> out;
    for (Index i = 0; i < n; i += (n + 19'999) / 20'000) out.push_back(i);
    return out;
}

/// `out` takes over what another way has found.
template <class = void>
void take_over(RegionsFit& out, RegionsFit&& found) {
    out.clusters = std::move(found.clusters);
    out.names = std::move(found.names);
    out.class_posterior = std::move(found.class_posterior);
    out.scores = std::move(found.scores);
    out.absent_classes = std::move(found.absent_classes);
    out.kappa = std::move(found.kappa);
    out.doubted_classes = std::move(found.doubted_classes);
    out.own_axes = found.own_axes;
    out.information = found.information;
    out.information_alone = found.information_alone;
    if (found.released_agreement) out.released_agreement = found.released_agreement;
    out.transfer = std::move(found.transfer);
    if (found.clusters_choice) out.clusters_choice = std::move(found.clusters_choice);
    for (auto& words : found.decisions) out.decisions.push_back(std::move(words));
    for (auto& words : found.warnings) out.warnings.push_back(std::move(words));
}

/// A target and a source in hand; each way puts what it finds into `out`.
template <class Rows>
struct Ways {
    const RegionsOptions& options;
    const Standardized<Rows>& target;
    SourceParts& source;
    const Graph& nearest;  ///< spots that scores are averaged over
    const Graph& graph;    ///< of the Potts field
    const RunOptions& run;
    StepClock& clock;
    Comparison<Rows>& against_alone;
    RegionsFit& out;

    /// The same ways, with another place for what they find.
    [[nodiscard]] Ways into(RegionsFit& other) const {
        return {options, target, source, nearest, graph, run, clock, against_alone, other};
    }

    /// Whether the anchored clusters are to be believed; if not, `out` has no clusters yet.
    [[nodiscard]] bool anchored() const {
        if (!source.placed())
            out.decisions.push_back(
                "scores are not averaged over neighbours: that takes coordinates of all labelled "
                "source cells");
        const SourceAnchors& anchors = source.anchors();
        const auto& described = anchors.classes;
        out.space = anchors.space;
        const bool discriminant = out.space->best == ScoreSpace::discriminant;
        out.decisions.push_back(
            text("source cells held out are named right in ",
                 rounded(100 * out.space->discriminant_accuracy),
                 " % of cases by discriminant axes", source.placed() ? " at several scales" : "",
                 ", in ", rounded(100 * out.space->factors_accuracy), " % by all factors; the ",
                 discriminant ? "former" : "latter", " are used"));
        if (!options.trust && out.space->accuracy() <= out.space->largest_class_share) {
            out.decisions.push_back(
                "that is no better than always naming the largest class: the "
                "source's classes are not taken over");
            return false;
        }

        if (out.space->contradicted_share > 0)
            out.decisions.push_back(
                text(rounded(100 * out.space->contradicted_share),
                     " % of the source's labels are contradicted by their "
                     "cells' expression",
                     source.placed() ? "; those that neighbours do not share are" : " and",
                     " left out"));
        if (!options.trust && out.space->contradicted_share > options.contradicted_to) {
            out.decisions.push_back("these are too many: the source's classes are not taken over");
            return false;
        }
        const RowMatrix<double> z = source.pldr().transform(target, run);
        RowMatrix<double> v = scores_in(described, z);
        const auto fit_anchored = [&](const RowMatrix<double>& scores, const Graph& among,
                                      Index clusters) {
            return anchored_by(described, clusters, {}, scores, among);
        };
        run.begin("anchored mixture");
        const bool by_classes = !options.try_clusters.empty() && !options.criterion;
        const Index wanted =
            number_of_clusters(options, v, graph, fit_anchored, run, out,
                               by_classes ? occupied(fit_anchored(v, graph, 0)) : 0);
        RegionsFit found;
        bool held = into(found).anchored_in(described, std::move(v), wanted);
        if (const auto more = own_axes(described, z, wanted, found)) {
            const Index axes = more->weights.cols() - described.weights.cols();
            RegionsFit other;
            const bool held_too = into(other).anchored_in(*more, scores_in(*more, z), wanted);
            const bool better = held_too && (!held || against_alone.more(other, found));
            const bool one = axes == 1;
            std::string words =
                text("there are ", wanted, " clusters and ", source.class_names().size(),
                     " classes of the source: ", axes, one ? " axis" : " axes",
                     " more, along which the target's own clusters differ, ", one ? "is" : "are",
                     " tried and ", better ? "taken" : "not taken");
            if (held && held_too && other.information && found.information)
                words += text("; with ", one ? "it" : "them", " clusters tell ",
                              rounded(*other.information), " nats a spot, without ",
                              rounded(*found.information));
            other.own_axes = axes;
            if (better) found = std::move(other);
            held = held || held_too;
            out.decisions.push_back(std::move(words));
        }
        take_over(out, std::move(found));
        return held;
    }

    /// The target's scores in a space, of its factors z.
    [[nodiscard]] RowMatrix<double> scores_in(const DescribedClasses<double>& described,
                                              const RowMatrix<double>& z) const {
        return neighborhood_means(z, nearest, std::span<const Index>(source.scales()),
                                  described.weights, run);
    }

    /// The classes in as many axes more as there are more clusters than classes, if these are told
    /// by discriminant axes: those show nothing of what no class is. The axes are those along which
    /// the target's own clusters differ. Nothing where there are none.
    [[nodiscard]] std::optional<DescribedClasses<double>> own_axes(
        const DescribedClasses<double>& described, const RowMatrix<double>& z, Index wanted,
        RegionsFit& fit) const {
        const Index missing = wanted - std::ssize(source.class_names());
        if (missing <= 0 || described.means.size() == 0) return {};
        const RegionsFit* own = against_alone.own(fit);
        if (own == nullptr || occupied(own->clusters) < 2) return {};
        run.begin("axes of the target's own");
        const auto spots = evenly_spaced(target.rows());
        std::vector<Label> labels;
        std::vector<std::int32_t> section;
        for (const Index i : spots) {
            labels.push_back(own->clusters.labels[static_cast<std::size_t>(i)]);
            if (target.sections() > 1)
                section.push_back(target.section()[static_cast<std::size_t>(i)]);
        }
        const auto means = neighborhood_means(z, nearest, std::span<const Index>(source.scales()),
                                              std::span<const Index>(spots), run);
        const Matrix<double> more = discriminant_axes_beyond<double>(
            described.weights, means, labels, own->clusters.clusters(), missing, section);
        if (run.stop.stop_requested() || more.cols() == 0) return {};
        return with_axes(described, more);
    }

    /// Clusters anchored to the classes in a space, in which v are the target's scores.
    [[nodiscard]] AnchoredFit<double> anchored_by(const DescribedClasses<double>& described,
                                                  Index clusters, std::vector<double> kappa,
                                                  const RowMatrix<double>& v,
                                                  const Graph& among) const {
        return AnchoredGMM_MRF<>{{.clusters = clusters,
                                  .kappa = options.kappa.value_or(ClassTrust<double>::believed),
                                  .kappa_of_class = std::move(kappa),
                                  .beta_by = options.beta ? Beta::fixed : Beta::pseudo_likelihood,
                                  .beta = options.beta.value_or(1)}}
            .fit(v, among, described.densities, run);
    }

    /// Whether clusters anchored in a space are to be believed; if not, `out` has none yet.
    [[nodiscard]] bool anchored_in(const DescribedClasses<double>& described, RowMatrix<double> v,
                                   Index wanted) const {
        run.begin("anchored mixture");
        auto trusted = with_classes_trusted(wanted, [&](const std::vector<double>& kappa) {
            return anchored_by(described, wanted, kappa, v, graph);
        });
        auto& fit = trusted.fit;
        clock.end("anchored mixture");
        if (!options.trust && occupied(fit) < wanted) {
            out.decisions.push_back(text("anchored to the source's classes only ", occupied(fit),
                                         " of ", wanted,
                                         " clusters hold spots: they are not taken over"));
            return false;
        }
        run.begin("released mixture");
        out.released_agreement =
            adjusted_rand_index(fit.labels, released(v, graph, fit, options.beta, run));
        clock.end("released mixture");
        const std::string words =
            text("released from the anchors, the clusters stay as they are to an agreement of ",
                 rounded(*out.released_agreement));
        if (!options.trust && !fit.stopped && *out.released_agreement < options.released_from) {
            out.decisions.push_back(text(
                words, ", less than ", rounded(options.released_from),
                ": the target does not bear the source's classes out; they are not taken over"));
            return false;
        }
        out.decisions.push_back(words);
        for (const Label k : fit.absent)
            out.absent_classes.push_back(source.class_names()[static_cast<std::size_t>(k)]);
        for (const auto& absent : out.absent_classes)
            out.decisions.push_back(
                text("class '", absent,
                     "' was left out: fewest spots of the target, or none, belong to it"));
        auto named = name_anchored(fit, v, described.densities, source.class_names(), run);
        out.names = std::move(named.names);
        out.class_posterior = std::move(named.class_posterior);
        out.clusters = std::move(fit);
        for (const std::size_t k : trusted.doubts)
            out.doubted_classes.push_back(source.class_names()[k]);
        out.kappa = std::move(trusted.kappa);
        out.scores = std::move(v);
        return true;
    }

    /// The clusters that fit(kappa) anchors to the classes, each believed as it was asked for, or
    /// as far as the target bears it out, which is said.
    template <class Fit>
    [[nodiscard]] ClassTrust<double> with_classes_trusted(Index clusters, Fit&& fit) const {
        using Trusted = ClassTrust<double>;
        const auto& names = source.class_names();
        if (options.kappa) {
            const std::vector<double> kappa(names.size(), *options.kappa);
            return {.fit = fit(kappa), .kappa = kappa};
        }
        auto trusted = trust_classes<double>(
            names.size(), options.believed_from, fit,
            [&](const std::vector<Label>& labels) { return explained(labels, clusters); }, run);
        if (trusted.fit.stopped) {
            out.decisions.push_back(
                "stopped before it was found how far to believe each of the source's classes");
            return trusted;
        }
        const auto percent = [&](double explained) {
            return *trusted.by_none > 0 ? rounded(100 * explained / *trusted.by_none) : "100";
        };
        const auto& doubts = trusted.doubts;
        std::string words = text("clusters drawn to the source's classes by ", Trusted::believed,
                                 " pseudo-spots explain ", percent(*trusted.by_all),
                                 " % as much of the target as by ", Trusted::doubted,
                                 trusted.empty_by_all ? ", and some have no spots: " : ": ");
        if (doubts.empty()) {
            words += "each class is believed";
        } else {
            if (doubts.size() == names.size())
                words += "every class";
            else
                words += doubts.size() == 1 ? "class" : "classes";
            for (const std::size_t k : doubts)
                if (doubts.size() < names.size())
                    words += text(k == doubts.front() ? " '" : ", '", names[k], "'");
            const bool several = doubts.size() > 1 && doubts.size() < names.size();
            words += text(several ? " are" : " is", " doubted, with ", Trusted::doubted, " behind ",
                          several ? "each" : "it", ", and the clusters explain ",
                          percent(trusted.explained), " %");
        }
        out.decisions.push_back(std::move(words));
        if (!options.try_clusters.empty() && !doubts.empty())
            out.decisions.push_back("the number of clusters was chosen with all classes believed");
        return trusted;
    }

    /// Of each gene's variance, by clusters (mean adjusted R²), on average of the target's
    /// sections; in one that is all one cluster that is nothing.
    [[nodiscard]] double explained(const std::vector<Label>& labels, Index clusters) const {
        std::vector<Label> first(static_cast<std::size_t>(target.sections()), left_out);
        std::vector<char> several(first.size(), 0);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            const auto s = static_cast<std::size_t>(target.section_of(static_cast<Index>(i)));
            if (first[s] == left_out) first[s] = labels[i];
            if (first[s] != labels[i]) several[s] = 1;
        }
        const auto seen = std::count(several.begin(), several.end(), 1);
        return class_information(target, labels, clusters, run).mean() * static_cast<double>(seen) /
               static_cast<double>(several.size());
    }

    /// Whether much of the target is not as the source's classes are: free components may have
    /// taken what these do not fit quite, or they have shared it out among themselves.
    [[nodiscard]] bool looks_elsewhere() const {
        if (!out.doubted_classes.empty()) return true;
        Index novel = 0;
        for (std::size_t k = 0; k < out.names.size(); ++k) {
            if (out.names[k].source_class == left_out) return true;
            if (out.names[k].novel) novel += out.clusters.sizes[k];
        }
        return 2 * novel > std::ssize(out.clusters.labels);
    }

    /// Whether the clusters found in the source's informative genes are coherent, and worth those
    /// of the target alone; if not, `out` has no clusters yet.
    [[nodiscard]] bool guided() const {
        const auto& information = source.information();
        run.begin("guided mixtures");
        const auto fit_guided = [&](Index clusters) {
            return GuidedGMM_MRF{
                {.clusters = clusters, .starts = options.starts, .beta = options.beta}}
                .fit(target, information, graph, run);
        };
        std::string of_number;
        Index wanted = options.clusters;
        if (!options.try_clusters.empty()) {
            wanted = number_of_clusters(options, own_scores(target, options.factors, run), graph,
                                        free_fits(options, run), run, out);
            of_number =
                "the number of clusters was chosen in the target's own factors, not in those that "
                "were clustered";
        }
        auto found = fit_guided(wanted);
        if (out.clusters_choice)
            of_number +=
                pass_over_empty(found, *out.clusters_choice, options.try_clusters, run, fit_guided);
        const double coherence = assortativity(found.labels, graph);
        out.scores = std::move(found.scores);
        out.clusters = std::move(found);
        clock.end("guided mixtures");
        const bool coherent = coherence >= options.guided_from;
        out.decisions.push_back(text(
            "in the genes that tell the source's classes apart, neighbours share their cluster "
            "beyond chance (assortativity) to ",
            rounded(coherence),
            coherent || options.trust ? "" : ": too little for these genes to guide the clusters"));
        if (!options.trust && (!coherent || !against_alone.enough(out, true))) {
            out.decisions.push_back(
                "the source's loading, adapted to the target, gives the factors");
            return false;
        }
        out.decisions.push_back("these genes guide the clusters");
        if (!of_number.empty()) out.decisions.push_back(of_number);
        return true;
    }

    /// The paper's steps 2 and 3.
    void adapted() const {
        const auto& pldr = source.pldr();
        run.begin("adapted mixture");
        TransferLoading<> transfer{{.lambda = options.lambda.value_or(1)}};
        std::vector<LambdaPoint> curve;
        // halves of the spots and of the genes must tell the factors
        if (!options.lambda && !run.stop.stop_requested() &&
            std::min(target.rows(), target.cols()) / 2 > pldr.factors()) {
            auto learned = learned_lambda(pldr);
            if (!run.stop.stop_requested()) {
                transfer.options.lambda = learned.lambda;
                curve = std::move(learned.lambda_curve);
                out.decisions.push_back(
                    text("of ", curve.size(), " weights of the source's loading, ",
                         rounded(learned.lambda), " (lambda) predicts expression held out best"));
            }
        }
        out.transfer = transfer.fit(target, pldr, run);
        out.transfer->lambda_curve = std::move(curve);
        out.warnings.insert(out.warnings.end(), out.transfer->warnings.begin(),
                            out.transfer->warnings.end());
        const auto& v = out.transfer->scores;
        SpatialGMM_MRF<> mixture{{.clusters = options.clusters, .starts = 2 * options.starts}};
        if (options.beta) {
            mixture.options.beta_by = Beta::fixed;
            mixture.options.beta = *options.beta;
        }
        out.clusters = best_clusters(options, v, graph, warm_spatial_fits(mixture, run), run, out);
        out.scores = v;
    }

    /// λ by bi-cross-validation. It rests on about 20,000 spots at most.
    template <class PLDR>
    [[nodiscard]] auto learned_lambda(const PLDR& pldr) const {
        std::vector<Index> genes(static_cast<std::size_t>(target.cols()));
        std::iota(genes.begin(), genes.end(), Index{0});
        return ChooseLambda<>{}.fit(copy_part(target, evenly_spaced(target.rows()), genes, run),
                                    pldr, run);
    }
};

}  // namespace transst::detail
