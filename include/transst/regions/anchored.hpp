// The source's classes anchor the target's clusters.
#pragma once

#include <transst/regions/class_trust.hpp>
#include <transst/regions/own_axes.hpp>

namespace transst::detail {

/// Whether anchored clusters stay as they are where the anchors are taken away.
template <class Rows>
[[nodiscard]] bool stay_released(const InHand<Rows>& in, const RegionsFit& found) {
    return *found.released_agreement >= in.options.released_from;
}

/// Clusters anchored to the classes in a space, in which v are the target's scores.
template <class Rows>
[[nodiscard]] AnchoredFit<double> anchored_by(const InHand<Rows>& in,
                                              const DescribedClasses<double>& described,
                                              Index clusters, std::vector<double> kappa,
                                              const RowMatrix<double>& v, const Graph& among) {
    return AnchoredGMM_MRF<>{{.clusters = clusters,
                              .kappa = in.options.kappa.value_or(ClassTrust<double>::believed),
                              .kappa_of_class = std::move(kappa),
                              .beta_by = in.options.beta ? Beta::fixed : Beta::pseudo_likelihood,
                              .beta = in.options.beta.value_or(1)}}
        .fit(v, among, described.densities, in.run);
}

/// "class 'a'", or "classes 'a', 'b'".
template <class = void>
[[nodiscard]] std::string classes_in_words(const std::vector<std::string>& names) {
    std::string out = names.size() > 1 ? "classes" : "class";
    for (const auto& name : names) out += text(&name == &names.front() ? " '" : ", '", name, "'");
    return out;
}

/// Of each gene's variance, by clusters (mean adjusted R²), on average of the target's
/// sections; in one that is all one cluster that is nothing.
template <class Rows>
[[nodiscard]] double explained(const InHand<Rows>& in, const std::vector<Label>& labels,
                               Index clusters) {
    std::vector<Label> first(static_cast<std::size_t>(in.target.sections()), left_out);
    std::vector<char> several(first.size(), 0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto s = static_cast<std::size_t>(in.target.section_of(static_cast<Index>(i)));
        if (first[s] == left_out) first[s] = labels[i];
        if (first[s] != labels[i]) several[s] = 1;
    }
    const auto seen = std::count(several.begin(), several.end(), 1);
    return class_information(in.target, labels, clusters, in.run).mean() *
           static_cast<double>(seen) / static_cast<double>(several.size());
}

/// The clusters that fit(kappa) anchors to the classes, each believed as it was asked for, or
/// as far as the target bears it out, which is said.
template <class Rows, class Fit>
[[nodiscard]] ClassTrust<double> with_classes_trusted(const InHand<Rows>& in, Index clusters,
                                                      Fit&& fit) {
    using Trusted = ClassTrust<double>;
    const auto& names = in.source.class_names();
    if (in.options.kappa) {
        const std::vector<double> kappa(names.size(), *in.options.kappa);
        return {.fit = fit(kappa), .kappa = kappa};
    }
    auto trusted = trust_classes<double>(
        names.size(), in.options.believed_from, fit,
        [&](const std::vector<Label>& labels) { return explained(in, labels, clusters); }, in.run);
    if (trusted.fit.stopped) {
        in.out.decisions.push_back(
            "stopped before it was found how far to believe each of the source's classes");
        return trusted;
    }
    const auto as_much = [&](double explained) {
        const double part = *trusted.by_none > 0 ? explained / *trusted.by_none : 1;
        return part < 2 ? text(rounded(100 * part), " % as much")
                        : text(rounded(part), " times as much");
    };
    const auto& doubts = trusted.doubts;
    std::string words =
        text("clusters drawn to the source's classes by ", Trusted::believed,
             " pseudo-spots explain ", as_much(*trusted.by_all), " of the target as by ",
             Trusted::doubted, trusted.empty_by_all ? ", and some have no spots: " : ": ");
    if (doubts.empty()) {
        words += "each class is believed";
    } else if (doubts.size() == names.size()) {
        words += text("every class is doubted, with ", Trusted::doubted, " behind it");
    } else {
        std::vector<std::string> doubted;
        for (const std::size_t k : doubts) doubted.push_back(names[k]);
        const bool several = doubts.size() > 1;
        words += text(classes_in_words(doubted), several ? " are" : " is", " doubted, with ",
                      Trusted::doubted, " behind ", several ? "each" : "it",
                      ", and the clusters explain ", as_much(trusted.explained));
    }
    in.out.decisions.push_back(std::move(words));
    if (!in.options.try_clusters.empty() && !doubts.empty())
        in.out.decisions.push_back("the number of clusters was chosen with all classes believed");
    return trusted;
}

/// Whether clusters anchored in a space hold; `out` has none where some would have no spots.
template <class Rows>
[[nodiscard]] bool anchored_in(const InHand<Rows>& in, const DescribedClasses<double>& described,
                               RowMatrix<double> v, Index wanted) {
    in.run.begin("anchored mixture");
    auto trusted = with_classes_trusted(in, wanted, [&](const std::vector<double>& kappa) {
        return anchored_by(in, described, wanted, kappa, v, in.graph);
    });
    auto& fit = trusted.fit;
    in.clock.end("anchored mixture");
    for (const Label k : fit.absent)
        in.out.absent_classes.push_back(in.source.class_names()[static_cast<std::size_t>(k)]);
    if (!in.options.trust && occupied(fit) < wanted) {
        in.out.decisions.push_back(text("anchored to the source's classes only ", occupied(fit),
                                        " of ", wanted,
                                        " clusters hold spots: they are not taken over"));
        return false;
    }
    in.run.begin("released mixture");
    in.out.released_agreement =
        adjusted_rand_index(fit.labels, released(v, in.graph, fit, in.options.beta, in.run));
    in.clock.end("released mixture");
    const bool held = in.options.trust || fit.stopped || stay_released(in, in.out);
    in.out.decisions.push_back(
        text("released from the anchors, the clusters stay as they are to an agreement of ",
             rounded(*in.out.released_agreement),
             held ? ""
                  : text(", less than ", rounded(in.options.released_from),
                         ": they are no proof of the source's classes")));
    auto named = name_anchored(fit, v, described.densities, in.source.class_names(), in.run);
    in.out.names = std::move(named.names);
    in.out.class_posterior = std::move(named.class_posterior);
    in.out.free_components = std::count(fit.source_class.begin(), fit.source_class.end(), left_out);
    in.out.clusters = std::move(fit);
    for (const std::size_t k : trusted.doubts)
        in.out.doubted_classes.push_back(in.source.class_names()[k]);
    in.out.kappa = std::move(trusted.kappa);
    in.out.scores = std::move(v);
    return held;
}

/// Whether the source's own cells, held out, are named better than by always naming the largest
/// class, and contradict few enough of the labels.
template <class = void>
[[nodiscard]] bool borne_out(const ScoreSpaceChoice& space, const RegionsOptions& options) {
    return space.accuracy() > space.largest_class_share &&
           space.contradicted_share <= options.contradicted_to;
}

/// Whether the source's own cells bear its classes out, which is said.
template <class Rows>
[[nodiscard]] bool classes_hold(const InHand<Rows>& in) {
    if (!in.source.placed())
        in.out.decisions.push_back(
            "scores are not averaged over neighbours: that takes coordinates of all labelled "
            "source cells");
    const ScoreSpaceChoice& space = in.source.anchors().space;
    in.out.space = space;
    const bool discriminant = space.best == ScoreSpace::discriminant;
    const bool several = in.source.class_names().size() > 1;
    if (several)
        in.out.decisions.push_back(text(
            "source cells held out are named right in ", rounded(100 * space.discriminant_accuracy),
            " % of cases by discriminant axes", in.source.placed() ? " at several scales" : "",
            ", in ", rounded(100 * space.factors_accuracy), " % by all factors; the ",
            discriminant ? "former" : "latter", " are used"));
    if (!in.options.trust && space.accuracy() <= space.largest_class_share) {
        in.out.decisions.push_back(
            "that is no better than always naming the largest class: the source's classes are not "
            "taken over");
        return false;
    }
    if (space.contradicted_share > 0)
        in.out.decisions.push_back(text(
            rounded(100 * space.contradicted_share),
            " % of the source's labels are contradicted by their cells' expression",
            in.source.placed() ? "; those that neighbours do not share are" : " and", " left out"));
    if (in.options.trust || borne_out(space, in.options)) return true;
    in.out.decisions.push_back(text("these are too many (more than ",
                                    rounded(100 * in.options.contradicted_to),
                                    " %): the source's classes are not taken over"));
    return false;
}

/// Tries the classes in more axes (own_axes), and puts into `found` what is found there if no class
/// is left out that has spots without them, and the clusters tell more, or those without them do
/// not hold (`held`).
template <class Rows>
void anchored_in_more(const InHand<Rows>& in, const DescribedClasses<double>& more,
                      RowMatrix<double> v, Index wanted, bool held, RegionsFit& found) {
    const Index classes = std::ssize(in.source.class_names());
    RegionsFit other;
    other.own_axes = more.weights.cols() - in.source.anchors().classes.weights.cols();
    const bool one = other.own_axes == 1;
    const bool held_too = anchored_in(in.into(other), more, std::move(v), wanted);
    const auto& absent = found.absent_classes;
    const auto lost = std::find_if(
        other.absent_classes.begin(), other.absent_classes.end(), [&](const std::string& name) {
            return std::find(absent.begin(), absent.end(), name) == absent.end();
        });
    bool better = false;
    std::string outcome;
    if (!held_too) {
        outcome = "not taken: the clusters do not hold";
    } else if (lost != other.absent_classes.end()) {
        outcome = text("not taken: class '", *lost, "' would be left without spots");
    } else if (!held) {
        better = true;
        outcome = text("taken, with ", one ? "it" : "them", " the clusters hold");
        for (auto& words : found.decisions) in.out.decisions.push_back(std::move(words));
    } else {
        const auto told = in.against_alone.more(other, found);
        if (!told) return;
        better = *told;
        outcome = text(better ? "taken" : "not taken", "; with ", one ? "it" : "them",
                       " clusters tell ", rounded(*other.information), " nats a spot, without ",
                       rounded(*found.information));
    }
    in.out.decisions.push_back(text(
        "there are ", wanted, " clusters and ", classes, " classes of the source: ", other.own_axes,
        one ? " axis" : " axes", " more, along which the target's own clusters differ, ",
        one ? "is" : "are", " tried and ", outcome));
    if (better) found = std::move(other);
}

/// Whether there are anchored clusters, all with spots; if not, `out` has none yet.
template <class Rows>
[[nodiscard]] bool anchored(const InHand<Rows>& in) {
    if (!classes_hold(in)) return false;
    const auto& described = in.source.anchors().classes;
    const RowMatrix<double> z = in.source.pldr().transform(in.target, in.run);
    RowMatrix<double> v = scores_in(in, described, z);
    const auto fit_anchored = [&](const RowMatrix<double>& scores, const Graph& among,
                                  Index clusters) {
        return anchored_by(in, described, clusters, {}, scores, among);
    };
    in.run.begin("anchored mixture");
    const bool by_classes = !in.options.try_clusters.empty() && !in.options.criterion;
    const Index wanted =
        number_of_clusters(in.options, v, in.graph, fit_anchored, in.run, in.out,
                           by_classes ? occupied(fit_anchored(v, in.graph, 0)) : 0);
    RegionsFit found;
    const bool held = anchored_in(in.into(found), described, std::move(v), wanted);
    if (const auto more = own_axes(in, described, z, wanted, found))
        anchored_in_more(in, *more, scores_in(in, *more, z), wanted, held, found);
    for (const auto& cluster : found.names)  // a free component may have taken its place
        std::erase(found.absent_classes, cluster.name);
    if (const auto& absent = found.absent_classes;
        !absent.empty() && !found.clusters.labels.empty())
        found.decisions.push_back(
            text(classes_in_words(absent), absent.size() > 1 ? " were" : " was",
                 " left out: fewest spots of the target, or none, were drawn to ",
                 absent.size() > 1 ? "them" : "it"));
    take_over(in.out, std::move(found));
    return !in.out.clusters.labels.empty();
}

/// Whether much of the target is not as the source's classes are: free components may have
/// taken what these do not fit quite, or they have shared it out among themselves, or nothing but
/// anchors holds them where they are.
template <class Rows>
[[nodiscard]] bool looks_elsewhere(const InHand<Rows>& in) {
    const RegionsFit& out = in.out;
    if (!out.doubted_classes.empty() || out.free_components > 0 || !stay_released(in, out))
        return true;
    Index novel = 0;
    for (std::size_t k = 0; k < out.names.size(); ++k)
        if (out.names[k].novel) novel += out.clusters.sizes[k];
    return 2 * novel > std::ssize(out.clusters.labels);
}

}  // namespace transst::detail
