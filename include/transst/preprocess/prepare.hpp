// From samples as they were measured to what the estimators see: log-normalised, the same genes,
// standardised.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/matrix/standardized.hpp>
#include <transst/preprocess/gene_criteria.hpp>

namespace transst {

/// Over which cells a gene is brought to mean 0 and variance 1.
enum class StandardizeOver {
    section,  ///< within each section, which removes a section's own shift and scale
    all       ///< over source and target together, as in the paper
};

/// Source and target, ready for the estimators: the same p genes, standardised lazily.
template <class SourceRows, class TargetRows>
struct Prepared {
    Standardized<SourceRows> source;       ///< labelled cells × p; no rows without a source
    Standardized<TargetRows> target;       ///< spots × p; no rows without a target
    std::vector<Label> labels;             ///< of the source's rows
    std::vector<std::string> class_names;  ///< K
    std::vector<std::string> genes;        ///< p ids, as the target has them
    std::vector<std::string> symbols;      ///< p; or empty
    std::vector<std::string> source_sections, target_sections;  ///< names, by section number
    RowMatrix<double> source_coordinates{};  ///< of the source's rows; 0 × 0 unless all are known
    Index common_genes = 0;                  ///< before selection
    bool matched_by_symbol = false;          ///< genes were, since hardly any id agrees
    std::vector<std::string> warnings;       ///< what went badly, in words
    std::vector<Index> asked_for{};  ///< of Prepare::fit_target: which of the genes asked for each
                                     ///< of these is (p, rising); else empty
};

namespace detail {

/// Section number of each row of all samples, by sample and name; empty names are one section.
struct SectionCoding {
    std::vector<std::string> names;
    std::vector<std::vector<std::int32_t>> of_row;  // a vector for each sample
};

template <class Expression>
[[nodiscard]] SectionCoding code_sections(std::span<const Sample<Expression>* const> samples) {
    SectionCoding coding;
    for (const auto* sample : samples) {
        std::unordered_map<decltype(sample->name), std::int32_t> number;
        const auto n = static_cast<std::size_t>(sample->rows());
        require<ShapeMismatch>(sample->sections.empty() || sample->sections.size() == n,
                               sample->name, ": sections has ", sample->sections.size(),
                               " entries, there are ", n, " cells");
        std::vector<std::int32_t> codes(n);
        for (std::size_t i = 0; i < n; ++i) {
            const std::string& name = sample->sections.empty() ? sample->name : sample->sections[i];
            const auto [at, added] =
                number.try_emplace(name, static_cast<std::int32_t>(coding.names.size()));
            if (added) coding.names.push_back(name);
            codes[i] = at->second;
        }
        coding.of_row.push_back(std::move(codes));
    }
    return coding;
}

/// Sums of the chosen columns of x, for each section (rows with a negative section are left out).
template <ExpressionRows Rows>
[[nodiscard]] std::vector<GeneSums> section_sums(const Rows& x, const std::vector<Index>& columns,
                                                 std::span<const std::int32_t> section,
                                                 std::size_t sections, std::string_view caller,
                                                 const RunOptions& run) {
    return gene_sums_by(
        GeneSubset<Rows>(x, columns), static_cast<Index>(sections),
        [&](Index row) { return Index{section[static_cast<std::size_t>(row)]}; }, run, caller);
}

/// Appends the rows of x with a section (≥ 0), chosen columns only, each value divided by its
/// section's standard deviation; genes that do not vary in a section become zero there.
template <ExpressionRows Rows, class Deviations>
void append_scaled(Compact<Rows>& out, const Rows& x, const std::vector<Index>& columns,
                   std::span<const std::int32_t> section, const Deviations& inverse_deviation,
                   const RunOptions& run) {
    const StopCheck check(run, "Prepare");
    const GeneSubset<Rows> chosen(x, columns);
    using Value = typename Rows::Scalar;
    const Index genes = chosen.cols(), n = x.rows();
    Index to_come = 0;
    for (const auto s : section) to_come += s >= 0;
    if constexpr (is_dense<BlockOf<Rows>>) {
        Index at = out.values.rows();
        out.values.conservativeResize(at + to_come, genes);
        for (Index i = 0; i < n; ++i) {
            const auto s = section[static_cast<std::size_t>(i)];
            if (s < 0) continue;
            const auto owner = chosen.row_block(i, i + 1);
            out.values.row(at++) = (view(owner).row(0).template cast<double>().array() *
                                    inverse_deviation.row(s).array())
                                       .template cast<Value>();
        }
    } else {
        const auto scale = [&](Index begin, Index end, OwnedSparseBlock<Value>& scaled_rows) {
            const auto owner = chosen.row_block(begin, end);
            const auto block = view(owner);
            for (Index i = 0; i < block.rows; ++i) {
                const auto s = section[static_cast<std::size_t>(begin + i)];
                if (s < 0) continue;
                for (auto e = block.starts[i]; e < block.starts[i + 1]; ++e) {
                    const double scaled = static_cast<double>(block.values[e]) *
                                          inverse_deviation(s, block.columns[e]);
                    if (scaled == 0) continue;
                    scaled_rows.columns.push_back(block.columns[e]);
                    scaled_rows.values.push_back(static_cast<Value>(scaled));
                }
                scaled_rows.end_row();
            }
        };
        // pieces are made side by side, some at a time, while those before them are appended
        constexpr Index step = 512, at_once = 16;
        std::vector<OwnedSparseBlock<Value>> made;
        const auto append_made = [&] {
            for (const auto& piece : made) {
                const auto block = view(piece);
                to_come -= block.rows;
                out.append(block, to_come);
            }
        };
        for (Index begin = 0; begin < n; begin += at_once * step) {
            check();
            const Index count = std::min(at_once, (n - begin + step - 1) / step);
            std::vector<OwnedSparseBlock<Value>> pieces(static_cast<std::size_t>(count));
            parallel_for(1 + count, run.threads, [&](Index task) {
                if (task == 0) return append_made();
                const Index first = begin + (task - 1) * step;
                scale(first, std::min(n, first + step), pieces[static_cast<std::size_t>(task - 1)]);
            });
            made = std::move(pieces);
        }
        append_made();
    }
}

}  // namespace detail

/// Log-normalises counts, keeps the genes that target and sources share and that vary most, and
/// standardises them.
struct Prepare {
    static constexpr std::string_view name = "Prepare";

    struct Options {
        Index genes = 2000;                                 ///< at most so many
        GeneCriterion criterion = GeneCriterion::variance;  ///< by which genes are ranked
        GenesFrom genes_from = GenesFrom::target;  ///< on whose cells; if the source's, genes stand
                                                   ///< in the order of the first source, else in
                                                   ///< the target's
        StandardizeOver standardize = StandardizeOver::section;  ///< mean and variance of what
        std::vector<std::string> ignore{};  ///< source labels to leave out, beside missing ones
        /// Ids or symbols of the genes to keep, instead of those that a criterion ranks first; of
        /// them, those in common that vary in the target are kept. Empty: the criterion chooses.
        std::vector<std::string> gene_list{};

        /// The paper's code: standardised over source and target together.
        [[nodiscard]] static Options published() { return {.standardize = StandardizeOver::all}; }
    } options{};

    /// sources: any number, none included (the target alone is prepared). Cells of a source without
    /// a label, or without counts (log expression that is all 0), are left out. Throws BadData (no
    /// common genes, a duplicate gene, NaN, negative counts, a source without labels, a gene_list
    /// of which nothing is there), InvalidArgument (genes < 1, variance_stabilized of log
    /// expression), ShapeMismatch (a spatial criterion without coordinates included) or Stopped.
    template <class SourceExpression, class TargetExpression>
    [[nodiscard]] auto fit(std::span<const Sample<SourceExpression>* const> sources,
                           const Sample<TargetExpression>& target,
                           const RunOptions& run = {}) const {
        check(sources, target);
        return prepare(sources, target, nullptr, run);
    }

    /// One or more sources before any target is known: genes are chosen among all that the sources
    /// share, by their own cells, whatever genes_from says. Genes and symbols are those of the
    /// first source. Throws as fit does, and InvalidArgument without a source or for
    /// StandardizeOver::all, which needs the target.
    template <class Expression, class Value = float>
    [[nodiscard]] auto fit_sources(std::span<const Sample<Expression>* const> sources,
                                   const RunOptions& run = {}) const {
        require(!sources.empty(), "Prepare::fit_sources: there is no source; give one or more");
        require(options.standardize == StandardizeOver::section,
                "Prepare::fit_sources: standardize is all, over source and target together, and "
                "there is no target; standardise within sections");
        Prepare from_source = *this;
        from_source.options.genes_from = GenesFrom::source;
        Sample<CompressedRows<Value>> nobody{.genes = sources.front()->genes,
                                             .symbols = sources.front()->symbols,
                                             .name = sources.front()->name};
        nobody.expression.genes = std::ssize(nobody.genes);
        from_source.check_sources(sources);
        return from_source.prepare(sources, nobody, nullptr, run);
    }

    /// A target in the genes of an earlier preparation, whose order they keep; those that it lacks
    /// or that do not vary in it are left out, and said. Of the options only standardize matters,
    /// and means within sections. Throws BadData (no common genes, a duplicate gene, NaN, negative
    /// counts) or ShapeMismatch.
    template <class Expression>
    [[nodiscard]] auto fit_target(const GeneNames& genes, const Sample<Expression>& target,
                                  const RunOptions& run = {}) const {
        const std::span<const Sample<Expression>* const> nobody;
        Prepare given = *this;
        given.options.standardize = StandardizeOver::section;
        check_sample(target);
        return given.prepare(nobody, target, &genes, run);
    }

private:
    /// asked: the genes to keep, where they are known already.
    template <class SourceExpression, class TargetExpression, class Names = std::vector<GeneNames>>
    [[nodiscard]] auto prepare(std::span<const Sample<SourceExpression>* const> sources,
                               const Sample<TargetExpression>& target, const GeneNames* asked,
                               const RunOptions& run) const {
        using SourceView = decltype(log_normalize(*sources.front()));
        using TargetView = decltype(log_normalize(target));
        using SourceRows = detail::Compact<SourceView>;
        using TargetRows = detail::Compact<TargetView>;
        using Result = Prepared<SourceRows, TargetRows>;
        std::vector<std::string> warnings;  ///< what went badly, in words
        const bool no_target = target.rows() == 0;
        const StopCheck go_on(run, name);

        Names names;
        if (asked) names.push_back(*asked);
        for (const auto* s : sources) names.push_back({s->genes, s->symbols, s->name});
        // the first one's order is kept
        const bool target_last =
            asked || (!sources.empty() && options.genes_from == GenesFrom::source);
        if (!no_target)
            names.insert(target_last ? names.end() : names.begin(),
                         {target.genes, target.symbols, target.name});
        GeneAlignment aligned = detail::aligned_genes(names);
        // from here on the target is the first; where there is none, the first source stands for it
        const auto to_front = [&](auto& all) {
            if (no_target)
                all.insert(all.begin(), std::decay_t<decltype(all.front())>(all.front()));
            else if (target_last)
                std::rotate(all.rbegin(), all.rbegin() + 1, all.rend());
        };
        to_front(names);
        to_front(aligned.columns);

        // labels; a left-out cell has no section, which leaves it out of everything, and so are
        // those without counts
        decltype(target.labels) words;
        std::vector<SourceView> source_views;
        Index empty = 0;
        decltype(target.labels) emptied;  // labels of such cells
        for (const auto* s : sources) {
            source_views.push_back(log_normalize(*s, run, &empty));
            const bool counts = s->values == Values::counts;
            std::vector<char> zero;  // no counts lie behind log expression that is all 0
            if (!counts) {
                zero = detail::rows_of_zeros(as_rows(s->expression), run);
                empty = std::count(zero.begin(), zero.end(), 1);
            }
            if (empty > 0)
                warnings.push_back(text(s->name, ": ", empty,
                                        empty == 1 ? " cell has no counts, and is left out"
                                                   : " cells have no counts, and are left out"));
            for (Index i = 0; i < s->rows(); ++i) {
                const auto& label = s->labels[static_cast<std::size_t>(i)];
                const bool without =
                    counts ? source_views.back().empty(i) : zero[static_cast<std::size_t>(i)] != 0;
                if (without && !is_missing(label)) emptied.push_back(label);
                words.push_back(without ? "NA" : label);
            }
            go_on();
        }
        LabelCoding coding = code_labels(words, options.ignore);
        auto source_sections = detail::code_sections<SourceExpression>(sources);
        std::vector<Label> labels;
        std::size_t at = 0;
        for (auto& of_row : source_sections.of_row)
            for (auto& section : of_row) {
                const Label label = coding.codes[at++];
                if (label == left_out)
                    section = -1;
                else
                    labels.push_back(label);
            }
        require<BadData>(
            sources.empty() || !labels.empty(), "the source has no labelled cell",
            emptied.empty() ? "; name the column that holds the labels" : " that has counts");
        for (const auto& label : code_labels(emptied, options.ignore).names)
            if (!std::binary_search(coding.names.begin(), coding.names.end(), label))
                warnings.push_back(
                    text("no cell of class '", label, "' has counts: the class is left out"));
        const Sample<TargetExpression>* const one[] = {&target};
        const auto target_sections = detail::code_sections<TargetExpression>(one);

        warn_of_sources(sources, coding.names, source_sections, labels, warnings);

        // moments of every common gene in every section
        const TargetView target_view = log_normalize(target, run, &empty);
        if (empty > 0)
            warnings.push_back(text(target.name, ": ", empty,
                                    empty == 1 ? " spot has" : " spots have",
                                    " no counts; they carry no information"));
        const auto target_sums =
            detail::section_sums(target_view, aligned.columns[0], target_sections.of_row[0],
                                 target_sections.names.size(), target.name, run);
        go_on();
        std::vector<GeneSums> source_sums(source_sections.names.size(),
                                          GeneSums::zero(std::ssize(aligned.columns[0])));
        for (std::size_t s = 0; s < sources.size(); ++s) {
            const auto sums = detail::section_sums(source_views[s], aligned.columns[s + 1],
                                                   source_sections.of_row[s], source_sums.size(),
                                                   sources[s]->name, run);
            for (std::size_t k = 0; k < sums.size(); ++k) source_sums[k] += sums[k];
            go_on();
        }

        const GeneSums over_source = total(source_sums),
                       over_target = no_target ? over_source : total(target_sums);
        std::vector<Index> kept;
        if (asked) {
            kept = found(*asked, target, over_target, warnings);
        } else if (options.gene_list.empty()) {
            const detail::GeneEvidence<TargetExpression, TargetView> target_evidence{
                one, std::span(&target_view, 1), std::span(aligned.columns).first(1),
                target_sections.of_row, target_sections.names};
            const detail::GeneEvidence<SourceExpression, SourceView> source_evidence{
                sources, source_views, std::span(aligned.columns).subspan(1),
                source_sections.of_row, source_sections.names};
            kept = top_genes(score(target_evidence, over_target, source_evidence, over_source, run),
                             options.genes);
        } else {
            kept = listed(names, aligned, over_target, no_target ? "source" : "target", warnings);
        }
        warn_of_constant(target, aligned.columns[0], over_target, warnings);
        require<BadData>(!kept.empty(), "none of the ", aligned.columns[0].size(),
                         " common genes varies; there is nothing to cluster by");
        go_on();

        Result out{standardized<SourceRows>(
                       source_views, std::span(aligned.columns).subspan(1), kept, source_sections,
                       moments(source_sums, over_source, over_target, kept), run),
                   standardized<TargetRows>(
                       std::span(&target_view, 1), std::span(aligned.columns).first(1), kept,
                       target_sections, moments(target_sums, over_source, over_target, kept), run),
                   std::move(labels),
                   std::move(coding.names),
                   {},
                   {},
                   std::move(source_sections.names),
                   target_sections.names,
                   labelled_coordinates(sources, source_sections),
                   std::ssize(aligned.columns[0]),
                   aligned.by_symbol,
                   std::move(warnings)};
        for (const Index j : kept) {
            const auto column =
                static_cast<std::size_t>(aligned.columns[0][static_cast<std::size_t>(j)]);
            out.genes.push_back(target.genes[column]);
            if (!target.symbols.empty()) out.symbols.push_back(target.symbols[column]);
        }
        if (asked)
            for (const Index j : kept)
                out.asked_for.push_back(aligned.columns[1][static_cast<std::size_t>(j)]);
        if (aligned.by_symbol)
            out.warnings.push_back("genes were matched by symbol, since hardly any id agrees");
        return out;
    }

    struct SectionMoments {
        Matrix<double> mean, inverse_deviation;  // sections × p
    };

    template <class Expression>
    static void check_sample(const Sample<Expression>& sample) {
        require<ShapeMismatch>(std::ssize(sample.genes) == sample.cols(), sample.name,
                               ": genes has ", sample.genes.size(), " names, the expression has ",
                               sample.cols(), " columns");
        require<ShapeMismatch>(
            sample.symbols.empty() || sample.symbols.size() == sample.genes.size(), sample.name,
            ": symbols has ", sample.symbols.size(), " entries, genes has ", sample.genes.size());
        require<BadData>(sample.rows() > 0, sample.name, ": there are no cells");
    }

    template <class Expression>
    void check_sources(std::span<const Sample<Expression>* const> sources) const {
        require(options.genes >= 1, "Prepare: genes = ", options.genes, "; it must be at least 1");
        for (const auto* s : sources) {
            check_sample(*s);
            if (options.gene_list.empty() && options.genes_from != GenesFrom::target)
                detail::check_criterion(*s, options.criterion);
            require<ShapeMismatch>(std::ssize(s->labels) == s->rows(), s->name, ": labels has ",
                                   s->labels.size(), " entries, there are ", s->rows(),
                                   " cells; a source needs a label for each (NA where unknown)");
        }
    }

    template <class SourceExpression, class TargetExpression>
    void check(std::span<const Sample<SourceExpression>* const> sources,
               const Sample<TargetExpression>& target) const {
        require(options.genes >= 1, "Prepare: genes = ", options.genes, "; it must be at least 1");
        check_sample(target);
        if (options.gene_list.empty() &&
            (sources.empty() || options.genes_from != GenesFrom::source))
            detail::check_criterion(target, options.criterion);
        check_sources(sources);
    }

    /// Genes of one and the same value, other than zero, say nothing: one is named.
    template <class TargetExpression>
    static void warn_of_constant(const Sample<TargetExpression>& target,
                                 const std::vector<Index>& columns, const GeneSums& sums,
                                 std::vector<std::string>& warnings) {
        if (target.rows() < 2) return;
        const Vector<double> variance = sums.variance();
        Index found = 0, first = -1;
        for (Index j = 0; j < variance.size(); ++j)
            if (variance[j] == 0 && sums.sum[j] != 0 && found++ == 0) first = j;
        if (found > 0)
            warnings.push_back(text(
                target.name, ": gene '",
                target.genes[static_cast<std::size_t>(columns[static_cast<std::size_t>(first)])],
                "'", found > 1 ? text(" and ", found - 1, " more have") : " has",
                " the same value in every spot, and cannot help"));
    }

    /// Sources that do not have all classes, or a section's name in common, are used; it is said.
    template <class SourceExpression>
    static void warn_of_sources(std::span<const Sample<SourceExpression>* const> sources,
                                const std::vector<std::string>& classes,
                                const detail::SectionCoding& sections,
                                const std::vector<Label>& labels,  // of the cells with a section
                                std::vector<std::string>& warnings) {
        std::unordered_map<decltype(sources.front()->name), std::string_view> section_of;
        std::size_t cell = 0;
        for (std::size_t s = 0; s < sources.size(); ++s) {
            const auto* source = sources[s];
            std::vector<char> has(classes.size(), 0);
            for (const auto section : sections.of_row[s])
                if (section >= 0) has[static_cast<std::size_t>(labels[cell++])] = 1;
            std::string missing;
            for (std::size_t k = 0; k < classes.size(); ++k)
                if (has[k] == 0) missing += text(missing.empty() ? "'" : ", '", classes[k], "'");
            if (!missing.empty() && sources.size() > 1)
                warnings.push_back(text("source ", source->name, " has no cells of ", missing));
            for (const auto& section : detail::distinct(source->sections)) {
                const auto [at, added] = section_of.emplace(section, source->name);
                if (!added)
                    warnings.push_back(text("sources ", at->second, " and ", source->name,
                                            " both have a section '", section,
                                            "'; they are taken as two"));
            }
        }
    }

    /// Places of the labelled cells; none unless every one of them has its place.
    template <class SourceExpression>
    [[nodiscard]] static RowMatrix<double> labelled_coordinates(
        std::span<const Sample<SourceExpression>* const> sources,
        const detail::SectionCoding& sections) {
        std::vector<double> places;
        for (std::size_t s = 0; s < sources.size(); ++s) {
            const auto& at = sources[s]->coordinates;
            if (at.rows() != sources[s]->rows() || at.cols() != 2) return {};
            for (Index i = 0; i < at.rows(); ++i) {
                if (sections.of_row[s][static_cast<std::size_t>(i)] < 0) continue;
                if (!at.row(i).allFinite()) return {};
                places.push_back(at(i, 0));
                places.push_back(at(i, 1));
            }
        }
        RowMatrix<double> out(std::ssize(places) / 2, 2);
        std::copy(places.begin(), places.end(), out.data());
        return out;
    }

    template <class Sums>
    [[nodiscard]] static Sums total(const std::vector<Sums>& sums) {
        Sums all = sums.empty() ? Sums{} : Sums::zero(sums.front().sum.size());
        for (const auto& s : sums) all += s;
        return all;
    }

    template <class TargetEvidence, class SourceEvidence, class Sums>
    [[nodiscard]] Vector<double> score(const TargetEvidence& target, const Sums& over_target,
                                       const SourceEvidence& source, const Sums& over_source,
                                       const RunOptions& run) const {
        const auto of = [&](const auto& evidence, const Sums& sums) {
            return detail::criterion_scores(evidence, sums, options.criterion, run);
        };
        if (source.samples.empty() || options.genes_from == GenesFrom::target)
            return of(target, over_target);
        const auto of_source = of(source, over_source);
        if (options.genes_from == GenesFrom::source)
            return (over_target.variance().array() > 0).select(of_source, -1);
        const auto of_target = of(target, over_target);
        const decltype(of_target) ranks = falling_ranks(of_target) + falling_ranks(of_source);
        return (of_target.array() < 0 || of_source.array() < 0)
            .select(-1, static_cast<double>(2 * ranks.size()) - ranks.array());
    }

    /// Those of the genes in common with `asked` that vary in the target; says how many do not.
    template <class Expression, class Sums>
    [[nodiscard]] static std::vector<Index> found(const GeneNames& asked,
                                                  const Sample<Expression>& target,
                                                  const Sums& over_target,
                                                  std::vector<std::string>& warnings) {
        const Vector<double> variance = over_target.variance();
        std::vector<Index> kept;
        for (Index j = 0; j < variance.size(); ++j)
            if (variance[j] > 0) kept.push_back(j);
        const Index wanted = std::ssize(asked.ids), missing = wanted - variance.size(),
                    constant = variance.size() - std::ssize(kept);
        if (missing + constant > 0)
            warnings.push_back(text(target.name, ": of the ", wanted, " genes of ", asked.sample,
                                    ", ", missing, " are missing and ", constant,
                                    " do not vary; they are left out"));
        return kept;
    }

    /// Columns of the listed genes that vary in the target (where: "target", or what stands for
    /// it).
    template <class Samples, class Sums>
    [[nodiscard]] std::vector<Index> listed(const Samples& names, const GeneAlignment& aligned,
                                            const Sums& over_target, std::string_view where,
                                            std::vector<std::string>& warnings) const {
        const auto wanted = detail::listed_genes(options.gene_list, names, aligned, warnings);
        const Vector<double> variance = over_target.variance();
        std::vector<Index> kept;
        Index constant = 0;
        for (std::size_t j = 0; j < wanted.size(); ++j) {
            if (wanted[j] == 0) continue;
            if (variance[static_cast<Index>(j)] > 0)
                kept.push_back(static_cast<Index>(j));
            else
                ++constant;
        }
        if (constant > 0)
            warnings.push_back(text("gene_list: ", constant,
                                    constant == 1 ? " gene does" : " genes do", " not vary in the ",
                                    where, " and cannot be used"));
        require<BadData>(!kept.empty(), "Prepare: none of the genes of gene_list varies in the ",
                         where, "; there is nothing to cluster by");
        return kept;
    }

    /// Mean and 1/sd of the kept genes, for each section.
    template <class Sums>
    [[nodiscard]] SectionMoments moments(const std::vector<Sums>& sections, const Sums& source,
                                         const Sums& target, const std::vector<Index>& kept) const {
        const Index count = std::ssize(sections), genes = std::ssize(kept);
        SectionMoments out{Matrix<double>(count, genes), Matrix<double>(count, genes)};
        Sums both = target;
        if (source.sum.size() == both.sum.size()) both += source;
        for (Index s = 0; s < count; ++s) {
            const Sums& own = options.standardize == StandardizeOver::all
                                  ? both
                                  : sections[static_cast<std::size_t>(s)];
            out.mean.row(s) = own.mean()(kept).transpose();
            out.inverse_deviation.row(s) =
                detail::inverse_deviation(own.variance())(kept).transpose();
        }
        return out;
    }

    template <class Out, class Views, class Moments>
    [[nodiscard]] static Standardized<Out> standardized(const Views& views,
                                                        std::span<const std::vector<Index>> aligned,
                                                        const std::vector<Index>& kept,
                                                        const detail::SectionCoding& sections,
                                                        const Moments& moments,
                                                        const RunOptions& run) {
        Out rows;
        if constexpr (requires { rows.values; })
            rows.values.resize(0, std::ssize(kept));
        else
            rows = Out(std::ssize(kept), run);
        std::vector<std::int32_t> section;
        for (std::size_t s = 0; s < std::size(views); ++s) {
            std::vector<Index> columns;
            for (const Index j : kept) columns.push_back(aligned[s][static_cast<std::size_t>(j)]);
            detail::append_scaled(rows, views[s], columns, sections.of_row[s],
                                  moments.inverse_deviation, run);
            for (const auto number : sections.of_row[s])
                if (number >= 0) section.push_back(number);
        }
        return {std::move(rows), moments.mean.cwiseProduct(moments.inverse_deviation),
                Vector<double>::Ones(std::ssize(kept)), std::move(section)};
    }
};

}  // namespace transst
