// markers.tsv: the genes that set each cluster apart.
#pragma once

#include "tables.hpp"

#include <transst/io/atomic_file.hpp>
#include <transst/io/numbers.hpp>
#include <transst/markers/markers.hpp>
#include <transst/preprocess/log_normalize.hpp>

#include <filesystem>

namespace transst_program {

/// Which markers are written.
inline constexpr transst::Index most_markers = 200;
inline constexpr double largest_q = 0.05;

/// x with ten digits.
inline void append_rounded(std::string& out, double x) {
    char digits[32];
    out.append(
        digits,
        std::to_chars(digits, digits + sizeof digits, x, std::chars_format::general, 10).ptr);
}

/// exp(log_x), also where a double cannot hold it: 1.234567891e-412.
inline void append_exponential(std::string& out, double log_x) {
    if (log_x > -700) return append_rounded(out, std::exp(log_x));
    const double tens = log_x / std::numbers::ln10, whole = std::floor(tens);
    append_rounded(out, std::pow(10.0, tens - whole));
    out += 'e' + std::to_string(static_cast<long long>(whole));
}

/// At most `most` genes that are higher in the cluster (AUC > ½) with q < 0.05, the most
/// significant first.
inline std::vector<transst::Index> best_markers(const transst::GeneTests& tests,
                                                transst::Index most = most_markers) {
    auto genes = tests.best_first();
    const auto end = std::find_if(genes.begin(), genes.end(), [&](transst::Index gene) {
        return tests.z[gene] <= 0 ||
               tests.q_value[gene] >= largest_q;  // the others' are no smaller
    });
    genes.resize(static_cast<std::size_t>(std::min(most, end - genes.begin())));
    return genes;
}

/// The table's text: for each cluster, numbered from 1, its best markers, of the tests of all the
/// sample's genes against the other clusters. NA stands for a name that is not known.
template <class Expression>
std::string markers_table(const transst::Sample<Expression>& sample, const transst::MarkersFit& fit,
                          const std::vector<std::string>& names) {
    using transst::Index;
    transst::require<transst::ShapeMismatch>(
        names.empty() || names.size() == fit.clusters.size(), "markers_table: there are ",
        names.size(), " names of ", fit.clusters.size(), " clusters; give one for each, or none");
    std::string out = std::string(markers_header) + '\n';
    for (std::size_t k = 0; k < fit.clusters.size(); ++k) {
        const auto& tests = fit.clusters[k];
        for (const Index gene : best_markers(tests)) {
            const auto g = static_cast<std::size_t>(gene);
            const bool named = !names.empty() && !transst::is_missing(names[k]);
            out += std::to_string(k + 1) + '\t' + (named ? names[k] : "NA") + '\t' +
                   sample.genes[g] + '\t' +
                   (sample.symbols.empty() ? sample.genes[g] : sample.symbols[g]);
            for (const double value : {tests.log_fold_change[gene], tests.fraction_in[gene],
                                       tests.fraction_out[gene], tests.auc[gene]}) {
                out += '\t';
                append_rounded(out, value);
            }
            for (const double log_value : {tests.log_p[gene], tests.log_q[gene]}) {
                out += '\t';
                append_exponential(out, log_value);
            }
            out += '\n';
        }
    }
    return out;
}

/// The same, tested here. labels: a cluster from 0 for each of the sample's cells, or left_out.
template <class Expression>
std::string markers_table(const transst::Sample<Expression>& sample,
                          std::span<const transst::Label> labels, transst::Index clusters,
                          const std::vector<std::string>& names,
                          const transst::RunOptions& run = {}) {
    return markers_table(
        sample, transst::Markers{}.fit(transst::log_normalize(sample, run), labels, clusters, run),
        names);
}

/// Writes markers.tsv at once: afterwards `path` holds the whole table, or what it held before.
/// labels: a cluster from 0 for each of the sample's cells, or left_out. names: one for each
/// cluster, or none. Throws transst::Error.
template <class Expression>
void write_markers(const std::filesystem::path& path, const transst::Sample<Expression>& sample,
                   std::span<const transst::Label> labels, transst::Index clusters,
                   const std::vector<std::string>& names, const transst::RunOptions& run = {}) {
    transst::write_file(path, markers_table(sample, labels, clusters, names, run));
}

}  // namespace transst_program
