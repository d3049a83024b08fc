// Variance of counts beyond what their mean leads one to expect: `vst` of Seurat v3.
#pragma once

#include <transst/preprocess/loess.hpp>
#include <transst/preprocess/log_normalize.hpp>

#include <span>

namespace transst {

/// What VST found for each of p genes; 0 throughout for one that does not vary.
struct VSTFit {
    Vector<double> mean, variance;     ///< of the counts; divisor n − 1
    Vector<double> expected_variance;  ///< of a gene of that mean
    Vector<double> score;              ///< variance of the standardised counts, about 1 at random
};

namespace detail {

/// Mean, variance and expected variance from sums over all cells.
template <class W = double>
[[nodiscard]] VSTFit expected_variance(const GeneSums& sums, double span) {
    const Vector<W> mean = sums.mean(),
                    variance = sums.variance<W>() * (sums.cells / std::max(1.0, sums.cells - 1)),
                    none = Vector<W>::Zero(mean.size());
    VSTFit fit{mean, variance, none, none};
    std::vector<Index> varying;
    for (Index j = 0; j < mean.size(); ++j)
        if (variance[j] > 0) varying.push_back(j);
    if (varying.empty()) return fit;
    const Vector<W> smooth =
        loess(mean(varying).array().log10(), variance(varying).array().log10(), span);
    for (std::size_t k = 0; k < varying.size(); ++k)
        fit.expected_variance[varying[k]] = std::pow(10.0, smooth[static_cast<Index>(k)]);
    return fit;
}

/// Sums over non-zero counts of their squared standardised values.
template <class W>
struct StandardizedSquares {
    Vector<W> squares, non_zeros;

    [[nodiscard]] static StandardizedSquares zero(Index genes) {
        return {Vector<W>::Zero(genes), Vector<W>::Zero(genes)};
    }

    StandardizedSquares& operator+=(const StandardizedSquares& other) {
        squares += other.squares;
        non_zeros += other.non_zeros;
        return *this;
    }
};

/// VST over the rows of all samples that `use(sample number, row)` says yes to.
template <class W = double, ExpressionRows X, class Use>
[[nodiscard]] VSTFit vst(std::span<const X> samples, double span, const RunOptions& run,
                         Use&& use) {
    constexpr std::string_view who = "VST::fit";
    const Index genes = samples.front().cols();
    auto sums = GeneSums::zero<W>(genes);
    for (std::size_t s = 0; s < samples.size(); ++s)
        sums += gene_sums_by(
                    samples[s], 1, [&](Index i) { return Index{use(s, i) ? 0 : -1}; }, run, who)
                    .front();
    VSTFit fit = expected_variance(sums, span);

    const double clip = std::sqrt(sums.cells);
    Vector<W> deviation = fit.expected_variance;
    deviation = deviation.cwiseSqrt();
    auto total = StandardizedSquares<W>::zero(genes);
    for (std::size_t s = 0; s < samples.size(); ++s)
        total += sum_lanes(
            Lanes(samples[s].rows()), run.threads, StandardizedSquares<W>::zero(genes),
            [&](StandardizedSquares<W>& own, Index begin, Index end) {
                transst::for_each_entry(samples[s], begin, end, [&](Index i, Index j, auto count) {
                    const auto value = static_cast<double>(count);
                    if (value == 0 || deviation[j] <= 0 || !use(s, i)) return;
                    const double z = std::min(clip, (value - fit.mean[j]) / deviation[j]);
                    own.squares[j] += z * z;
                    own.non_zeros[j] += 1;
                });
            });
    for (Index j = 0; j < genes; ++j) {
        if (deviation[j] <= 0) continue;
        const double zero = fit.mean[j] / deviation[j];
        fit.score[j] =
            (total.squares[j] + (sums.cells - total.non_zeros[j]) * zero * zero) / (sums.cells - 1);
    }
    return fit;
}

}  // namespace detail

/// Seurat v3's `vst` (Stuart et al., Cell 2019; scanpy's flavor "seurat_v3"): log10 variance is
/// smoothed over log10 mean by loess; counts are standardised by their mean and the variance
/// expected there, cut at √n, and their variance about that mean is the gene's score. Zeros are
/// counted, not visited.
///
///     const auto fit = VST{}.fit(counts);
struct VST {
    static constexpr std::string_view name = "VST";

    struct Options {
        double span = 0.3;  ///< share of the genes that loess looks at around each mean
    } options{};

    /// counts: n × p, as measured, not normalised. Throws BadData for NaN or negative counts,
    /// InvalidArgument unless 0 < span <= 1.
    template <Expression X>
    [[nodiscard]] VSTFit fit(const X& counts, const RunOptions& run = {}) const {
        require(options.span > 0 && options.span <= 1, "VST::fit: span = ", options.span,
                "; it must be above 0 and at most 1");
        const auto rows = as_rows(counts);
        (void)library_sizes(rows, "VST::fit", run);
        return detail::vst(std::span(&rows, 1), options.span, run,
                           [](std::size_t, Index) { return true; });
    }
};

}  // namespace transst
