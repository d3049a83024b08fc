// Large inputs, made fast: what matters is their shape, not how hard they are.
#pragma once

#include <transst/core/lanes.hpp>
#include <transst/core/random.hpp>
#include <transst/matrix/stored_rows.hpp>
#include <transst/preprocess/sample.hpp>

#include <cmath>

namespace transst_bench {

using transst::CompressedRows;
using transst::Index;
using transst::Sample;

/// Cells of `classes` classes, each with `expressed` of the genes; every class has genes of its own
/// that it expresses three times as often. labels: of the cells.
inline CompressedRows<float> counts(const std::vector<int>& labels, Index genes, Index expressed,
                                    int classes, std::uint64_t seed) {
    const auto n = static_cast<Index>(labels.size());
    CompressedRows<float> out;
    out.genes = genes;
    out.starts.resize(labels.size() + 1);
    for (Index i = 0; i <= n; ++i) out.starts[static_cast<std::size_t>(i)] = i * expressed;
    out.columns.resize(static_cast<std::size_t>(n * expressed));
    out.values.resize(out.columns.size());
    const transst::Lanes lanes(n);
    transst::parallel_for(lanes.count(), 0, [&](Index lane) {
        transst::RandomStream random(seed, static_cast<std::uint64_t>(lane));
        for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i) {
            // one gene out of each of `expressed` equal stretches
            const int k = labels[static_cast<std::size_t>(i)];
            for (Index e = 0; e < expressed; ++e) {
                const Index from = e * genes / expressed, to = (e + 1) * genes / expressed;
                const bool own = e % classes == k && random.uniform() < 0.6;
                const Index gene = own ? from : from + random.below(to - from);
                const auto at = static_cast<std::size_t>(i * expressed + e);
                out.columns[at] = static_cast<std::int32_t>(gene);
                out.values[at] =
                    static_cast<float>(1 + std::floor(-2 * std::log(random.uniform())));
            }
        }
    });
    return out;
}

/// The same, made and appended some rows at a time: beyond run.matrix_bytes it lies in a file.
inline transst::StoredRows<float> stored_counts(const std::vector<int>& labels, Index genes,
                                                Index expressed, int classes, std::uint64_t seed,
                                                const transst::RunOptions& run) {
    constexpr std::size_t step = 1 << 16;
    transst::StoredRows<float> out(genes, run);
    for (std::size_t begin = 0; begin < labels.size(); begin += step) {
        const std::size_t end = std::min(labels.size(), begin + step);
        const auto rows = counts(
            {labels.begin() + static_cast<Index>(begin), labels.begin() + static_cast<Index>(end)},
            genes, expressed, classes, seed + 1000 * begin);
        out.append(rows.row_block(0, rows.rows()), static_cast<Index>(labels.size() - end));
    }
    return out;
}

/// side × side spots of `classes` regions (stripes with wavy borders) on a lattice.
inline Sample<transst::StoredRows<float>> tissue(Index side, Index genes, Index expressed,
                                                 int classes, std::uint64_t seed, const char* name,
                                                 const transst::RunOptions& run = {}) {
    const Index n = side * side;
    std::vector<int> labels;
    Sample<transst::StoredRows<float>> out;
    out.coordinates.resize(n, 2);
    for (Index i = 0; i < n; ++i) {
        const auto x = static_cast<double>(i % side), y = static_cast<double>(i / side),
                   width = static_cast<double>(side);
        out.coordinates(i, 0) = x;
        out.coordinates(i, 1) = y;
        const double wave = 0.05 * std::sin(12 * x / width + static_cast<double>(seed));
        labels.push_back(
            std::clamp(static_cast<int>((y / width + wave) * classes), 0, classes - 1));
        out.labels.push_back("region " + std::to_string(labels.back() + 1));
    }
    out.expression = stored_counts(labels, genes, expressed, classes, seed, run);
    for (Index j = 0; j < genes; ++j) out.genes.push_back("gene" + std::to_string(j));
    out.name = name;
    return out;
}

}  // namespace transst_bench
