// Genes that tell clusters apart: one cluster against the rest, or against another.
//
// Values that are exactly zero are one tie, counted and never sorted, so a gene costs what its
// non-zeros cost.
#pragma once

#include <transst/markers/benjamini_hochberg.hpp>
#include <transst/markers/gene_columns.hpp>
#include <transst/markers/rank_sum.hpp>

namespace transst {

/// One group of spots against another ("in" against "out"), a value for each of p genes.
struct GeneTests {
    Index spots_in = 0, spots_out = 0;  ///< number of spots of each group
    /// log₂ of mean exp(x) in over mean exp(x) out, x being log expression. For log1p(10⁴ counts /
    /// library size) that is log₂ of (mean normalised count + 1) over the same, as in Seurat 4.
    Vector<double> log_fold_change;
    Vector<double> fraction_in, fraction_out;  ///< share of the spots with x > 0
    Vector<double> auc;                        ///< U / (n_in n_out); above ½: higher in
    Vector<double> z;                          ///< positive: higher in
    Vector<double> p_value, log_p;             ///< two-sided, and its natural logarithm
    Vector<double> q_value, log_q;             ///< Benjamini–Hochberg over the p genes

    /// Tests that found nothing: p = 1, AUC ½.
    template <class W = double>
    [[nodiscard]] static GeneTests zero(Index genes, Index spots_in, Index spots_out) {
        const Vector<W> none = Vector<W>::Zero(genes), one = Vector<W>::Ones(genes);
        return {spots_in, spots_out, none, none, none, one / 2, none, one, none, one, none};
    }

    [[nodiscard]] Index genes() const { return z.size(); }  ///< p

    /// Genes by falling z, so the most surely higher ones first, also where p is 0; among equals
    /// the larger fold change, then the lower number.
    template <class = void>
    [[nodiscard]] std::vector<Index> best_first() const {
        std::vector<Index> order(static_cast<std::size_t>(genes()));
        std::iota(order.begin(), order.end(), Index{0});
        std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
            return z[a] != z[b] ? z[a] > z[b] : log_fold_change[a] > log_fold_change[b];
        });
        return order;
    }

    /// The second group against the first.
    template <class = void>
    [[nodiscard]] GeneTests reversed() const {
        GeneTests out = *this;
        std::swap(out.spots_in, out.spots_out);
        std::swap(out.fraction_in, out.fraction_out);
        for (Index j = 0; j < genes(); ++j) {
            out.log_fold_change[j] = -log_fold_change[j];
            out.auc[j] = 1 - auc[j];
            out.z[j] = -z[j];
        }
        return out;
    }
};

/// Each cluster against all others.
struct MarkersFit {
    std::vector<GeneTests> clusters;    ///< K
    std::vector<std::string> warnings;  ///< clusters that cannot be tested
};

/// Each cluster against each other.
struct PairwiseMarkersFit {
    Index clusters = 0;                 ///< K
    std::vector<GeneTests> pairs;       ///< 0 against 1, 0 against 2, …, K − 2 against K − 1
    std::vector<std::string> warnings;  ///< clusters that cannot be tested

    /// Position in `pairs` of a against b, a < b.
    [[nodiscard]] std::size_t position(Label a, Label b) const {
        const Index first = a, second = b;
        return static_cast<std::size_t>(first * (2 * clusters - first - 1) / 2 + second - first -
                                        1);
    }

    /// Cluster a against cluster b. Throws InvalidArgument where there is none, or a = b.
    template <class = void>
    [[nodiscard]] GeneTests of(Label a, Label b) const {
        require(std::min(a, b) >= 0 && std::max(a, b) < clusters && a != b,
                "PairwiseMarkersFit::of: there is no test of cluster ", a, " against ", b,
                "; name two of the ", clusters, " clusters, numbered from 0");
        return a < b ? pairs[position(a, b)] : pairs[position(b, a)].reversed();
    }
};

/// Wilcoxon's rank-sum test (Mann & Whitney, Ann. Math. Stat. 1947) of every gene: normal
/// approximation with the variance corrected for ties, two-sided; scipy's mannwhitneyu with
/// method='asymptotic'. Beside it AUC, fold change and the share of spots that express the gene.
///
///     const auto fit = Markers{}.fit(log_normalize(sample), labels, clusters, {.threads = 4});
///     const Index best = fit.clusters[2].best_first()[0];
struct Markers {
    static constexpr std::string_view name = "Markers";

    struct Options {
        bool continuity = true;          ///< move U by ½ towards its mean, as R and scipy do
        Index entries = Index{1} << 25;  ///< non-zeros held at a time; more take more passes
    } options{};

    /// Every cluster against the rest. x: n × p log expression, negative values allowed. labels: n
    /// cluster numbers below `clusters`; spots that are left_out count nowhere. A gene that does
    /// not vary gets p = 1 and AUC ½; so does every gene of a cluster without spots or without any
    /// outside, which is reported. In fold changes x counts as no less than −600, no more than 600.
    /// Memory: 8 bytes (double: 16) for each of Options::entries, and the result.
    /// Throws ShapeMismatch unless there are n labels; BadData for other labels or for values that
    /// are not finite; InvalidArgument where clusters or entries < 1; Stopped.
    template <Expression X, class W = double>
    [[nodiscard]] MarkersFit fit(const X& x, std::span<const Label> labels, Index clusters,
                                 const RunOptions& run = {}) const {
        constexpr std::string_view who = "Markers::fit";
        const auto rows = as_rows(x);
        const auto sizes = check(rows, labels, clusters, who);
        const Index all = std::accumulate(sizes.begin(), sizes.end(), Index{0});
        MarkersFit out;
        out.warnings = warnings(sizes, who);
        for (const Index size : sizes)
            out.clusters.push_back(GeneTests::zero(rows.cols(), size, all - size));

        detail::for_each_gene(rows, labels, options.entries, run, who, [&] {
            return [&, tally = Tally<W>(sizes)](Index gene, auto entries) mutable {
                tally.clear();
                const Index zeros = all - std::ssize(entries);
                Index below_zero = 0;
                detail::for_each_tie(entries, zeros, [&](auto tied, Index below) {
                    const Index count = std::ssize(tied);
                    if (tied.front().value < 0) below_zero += count;
                    tally.ties += detail::tie_term(count);
                    tally.add(tied, 2 * below + count + 1);
                });
                tally.add_zeros(2 * below_zero + zeros + 1);
                const double untied = detail::untied(all, zeros, tally.ties);
                // Σ exp(x) and expressing spots of the clusters behind each, then before it.
                for (std::size_t k = sizes.size() - 1; k > 0; --k)
                    tally.behind[k - 1] = tally.behind[k] + tally.level[k];
                const Index positive =
                    std::accumulate(tally.positive.begin(), tally.positive.end(), Index{0});
                double before = 0;
                for (std::size_t k = 0; k < sizes.size(); ++k) {
                    auto& tests = out.clusters[k];
                    const Index n = sizes[k];
                    set(tests, gene,
                        detail::rank_sum_test(tally.twice_ranks[k] - n * (n + 1), n, all - n,
                                              untied, options.continuity));
                    compare(tests, gene, tally.level[k], before + tally.behind[k],
                            tally.positive[k], positive - tally.positive[k]);
                    before += tally.level[k];
                }
            };
        });
        adjust(out.clusters, run);
        return out;
    }

    /// Every cluster against every other; ranks and ties among the two's spots alone. As fit()
    /// otherwise. Memory: the result is K (K − 1) / 2 times 80 p bytes.
    template <Expression X, class W = double>
    [[nodiscard]] PairwiseMarkersFit pairwise(const X& x, std::span<const Label> labels,
                                              Index clusters, const RunOptions& run = {}) const {
        constexpr std::string_view who = "Markers::pairwise";
        const auto rows = as_rows(x);
        const auto sizes = check(rows, labels, clusters, who);
        PairwiseMarkersFit out;
        out.clusters = clusters;
        out.warnings = warnings(sizes, who);
        for (std::size_t a = 0; a < sizes.size(); ++a)
            for (std::size_t b = a + 1; b < sizes.size(); ++b)
                out.pairs.push_back(GeneTests::zero(rows.cols(), sizes[a], sizes[b]));

        detail::for_each_gene(rows, labels, options.entries, run, who, [&] {
            return [&, tally = Tally<W>(sizes), duel = Duels<W>(clusters)](Index gene,
                                                                           auto entries) mutable {
                tally.clear();
                duel.clear();
                for (const auto& entry : entries)
                    --duel.zeros[static_cast<std::size_t>(entry.label)];
                for (std::size_t k = 0; k < sizes.size(); ++k) duel.zeros[k] += sizes[k];
                bool above_zero = false;
                detail::for_each_tie(entries, 0, [&](auto tied, Index) {
                    if (tied.front().value > 0 && !std::exchange(above_zero, true))
                        duel.meet_zeros();
                    tally.add(tied, 0);
                    duel.meet(tied);
                });
                if (!above_zero) duel.meet_zeros();
                tally.add_zeros(0);
                for (Label a = 0; a < clusters; ++a) {
                    for (Label b = a + 1; b < clusters; ++b) {
                        const auto first = static_cast<std::size_t>(a);
                        const auto second = static_cast<std::size_t>(b);
                        auto& tests = out.pairs[out.position(a, b)];
                        const double untied = detail::untied(
                            sizes[first] + sizes[second], duel.zeros[first] + duel.zeros[second],
                            duel.own_ties[first] + duel.own_ties[second] + duel.ties(a, b));
                        set(tests, gene,
                            detail::rank_sum_test(duel.twice_won(a, b), sizes[first], sizes[second],
                                                  untied, options.continuity));
                        compare(tests, gene, tally.level[first], tally.level[second],
                                tally.positive[first], tally.positive[second]);
                    }
                }
            };
        });
        adjust(out.pairs, run);
        return out;
    }

private:
    using Counts = std::vector<Index>;

    /// What one gene's values sum to in each cluster.
    template <class W>
    struct Tally {
        explicit Tally(const Counts& spots)
            : sizes(&spots),
              non_zero(spots.size()),
              positive(spots.size()),
              twice_ranks(spots.size()),
              level(spots.size()),
              behind(spots.size()) {}

        const Counts* sizes;
        Counts non_zero, positive, twice_ranks;
        std::vector<W> level;   // Σ exp(x)
        std::vector<W> behind;  // of all later clusters
        double ties = 0;        // of values that are not zero

        void clear() {
            for (auto* counts : {&non_zero, &positive, &twice_ranks})
                std::fill(counts->begin(), counts->end(), 0);
            std::fill(level.begin(), level.end(), 0.0);
            ties = 0;
        }

        /// Spots of one value; twice_rank is twice their mean rank.
        template <class Entry>
        void add(std::span<Entry> tied, Index twice_rank) {
            const auto value = static_cast<double>(tied.front().value);
            const double exponential = std::exp(std::clamp(value, -600.0, 600.0));
            for (const auto& entry : tied) {
                const auto k = static_cast<std::size_t>(entry.label);
                ++non_zero[k];
                positive[k] += value > 0;
                twice_ranks[k] += twice_rank;
                level[k] += exponential;
            }
        }

        void add_zeros(Index twice_rank) {
            for (std::size_t k = 0; k < level.size(); ++k) {
                const Index zeros = (*sizes)[k] - non_zero[k];
                twice_ranks[k] += zeros * twice_rank;
                level[k] += static_cast<double>(zeros);
            }
        }
    };

    /// One gene's values of each cluster against those of each other.
    template <class W, class Count = Index>
    struct Duels {
        explicit Duels(Index clusters)
            : twice_won(clusters, clusters),
              ties(clusters, clusters),
              zeros(static_cast<std::size_t>(clusters)),
              below(zeros),
              now(zeros),
              own_ties(zeros.size()) {}

        RowMatrix<Count> twice_won;    // a < b: twice the pairs where a's value is larger, + ties
        RowMatrix<W> ties;             // a < b: Σ 3 t_a t_b (t_a + t_b) over values not zero
        Counts zeros, below, now;      // spots with zero, with less than this value, with it
        std::vector<double> own_ties;  // Σ (t_a³ − t_a) over values not zero
        std::vector<Label> present;    // clusters with this value

        void clear() {
            twice_won.setZero();
            ties.setZero();
            for (auto* counts : {&zeros, &below, &now})
                std::fill(counts->begin(), counts->end(), 0);
            std::fill(own_ties.begin(), own_ties.end(), 0.0);
        }

        template <class Entry>
        void meet(std::span<Entry> tied) {
            present.clear();
            for (const auto& entry : tied)
                if (now[static_cast<std::size_t>(entry.label)]++ == 0)
                    present.push_back(entry.label);
            if (tied.size() > 1) {
                for (const Label a : present) {
                    const Index own = now[static_cast<std::size_t>(a)];
                    own_ties[static_cast<std::size_t>(a)] += detail::tie_term(own);
                    for (const Label b : present) {
                        const Index other = now[static_cast<std::size_t>(b)];
                        if (a < b)
                            ties(a, b) += 3 * static_cast<double>(own) *
                                          static_cast<double>(other) *
                                          static_cast<double>(own + other);
                    }
                }
            }
            settle();
        }

        void meet_zeros() {
            present.clear();
            for (std::size_t k = 0; k < zeros.size(); ++k) {
                now[k] = zeros[k];
                if (zeros[k] > 0) present.push_back(static_cast<Label>(k));
            }
            settle();
        }

    private:
        /// The present value against all lower ones and itself.
        void settle() {
            for (const Label a : present) {
                const auto own = now[static_cast<std::size_t>(a)];
                for (auto b = static_cast<std::size_t>(a) + 1; b < below.size(); ++b)
                    twice_won(a, static_cast<Index>(b)) += own * (2 * below[b] + now[b]);
            }
            for (const Label a : present) {
                const auto k = static_cast<std::size_t>(a);
                below[k] += std::exchange(now[k], 0);
            }
        }
    };

    template <class = void>
    static void set(GeneTests& tests, Index gene, const RankSumTest& test) {
        tests.auc[gene] = test.auc;
        tests.z[gene] = test.z;
        tests.p_value[gene] = test.p;
        tests.log_p[gene] = test.log_p;
    }

    template <class = void>
    static void compare(GeneTests& tests, Index gene, double level_in, double level_out,
                        Index positive_in, Index positive_out) {
        const auto in = static_cast<double>(tests.spots_in);
        const auto out = static_cast<double>(tests.spots_out);
        if (tests.spots_in > 0) tests.fraction_in[gene] = static_cast<double>(positive_in) / in;
        if (tests.spots_out > 0) tests.fraction_out[gene] = static_cast<double>(positive_out) / out;
        if (tests.spots_in > 0 && tests.spots_out > 0)
            tests.log_fold_change[gene] = std::log2(level_in / in) - std::log2(level_out / out);
    }

    template <class = void>
    static void adjust(std::vector<GeneTests>& all, const RunOptions& run) {
        parallel_for(std::ssize(all), run.threads, [&](Index k) {
            auto& tests = all[static_cast<std::size_t>(k)];
            tests.log_q = log_benjamini_hochberg(tests.log_p);
            tests.q_value = detail::exponentials(tests.log_q);
        });
    }

    /// Spots of each cluster.
    template <class Rows>
    [[nodiscard]] Counts check(const Rows& rows, std::span<const Label> labels, Index clusters,
                               std::string_view who) const {
        require(clusters >= 1, who, ": clusters = ", clusters, "; it must be at least 1");
        require(options.entries >= 1, who, ": entries = ", options.entries,
                "; it must be at least 1");
        require<ShapeMismatch>(std::ssize(labels) == rows.rows(), who, ": there are ",
                               labels.size(), " labels, the expression has ", rows.rows(), " rows");
        Counts sizes(static_cast<std::size_t>(clusters), 0);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (labels[i] == left_out) continue;
            require<BadData>(labels[i] >= 0 && labels[i] < clusters, who, ": spot ", i,
                             " (counted from 0) has the label ", labels[i],
                             "; labels are numbers from 0 to ", clusters - 1, ", or left_out");
            ++sizes[static_cast<std::size_t>(labels[i])];
        }
        return sizes;
    }

    template <class = void>
    [[nodiscard]] static std::vector<std::string> warnings(const Counts& sizes,
                                                           std::string_view who) {
        std::vector<std::string> out;
        const Index all = std::accumulate(sizes.begin(), sizes.end(), Index{0});
        for (std::size_t k = 0; k < sizes.size(); ++k) {
            if (sizes[k] == 0)
                out.push_back(text(who, ": cluster ", k, " has no spots; it has no markers"));
            else if (sizes[k] == all)
                out.push_back(text(who, ": cluster ", k,
                                   " has all spots; there is nothing to compare it with"));
        }
        return out;
    }
};

}  // namespace transst
