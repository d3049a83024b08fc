#include "reading.hpp"

#include <transst/core/labels.hpp>
#include <transst/preprocess/join_sections.hpp>

#include <map>

namespace transst_program {
namespace {

/// What the results' tables hold must not have what parts their fields.
void check_fields(const std::string& path, const Tissue& sample) {
    const auto check = [&](const char* what, const std::vector<std::string>& words) {
        for (const auto& word : words)
            transst::require<transst::BadData>(
                word.find_first_of("\t\r\n") == word.npos, path, ": the ", what, " '", word,
                "' has a tab or the end of a line in it, which result tables cannot hold; rename "
                "it");
    };
    check("label", sample.labels);
    check("section", sample.sections);
    check("barcode", sample.barcodes);
    check("gene", sample.genes);
    check("symbol", sample.symbols);
}

}  // namespace

transst::ReadOptions reading_options(const ClusterOptions& options, std::string scratch) {
    return {.stretch_x = options.stretch_x,
            .stretch_y = options.stretch_y,
            .label_column = options.label_column,
            .label_optional = !options.sources.empty() || options.targets.size() > 1,
            .section_column = options.section_column,
            .section_optional = options.targets.size() > 1,
            .spatial_key = options.spatial_key,
            .layer = options.layer,
            .values = values_called(options.expression),
            .matrix_bytes =
                options.memory / (4 * (std::ssize(options.sources) +
                                       std::max<transst::Index>(1, std::ssize(options.targets)))),
            .scratch = std::move(scratch)};
}

transst::SampleFile read_source(const ClusterOptions& options, const transst::ReadOptions& reading,
                                std::size_t s) {
    using transst::BadData, transst::require;
    const auto of = [s](const std::vector<std::string>& words, const std::string& usual) {
        return words.empty() ? usual : words.size() == 1 ? words[0] : words[s];
    };
    auto as = reading;
    as.label_optional = false;
    // where only the target is known to have sections, sources need none
    as.section_optional = !options.targets.empty() && options.source_section_column.empty();
    as.label_column = of(options.source_label_column, reading.label_column);
    as.section_column = of(options.source_section_column, reading.section_column);
    as.spatial_key = of(options.source_spatial_key, reading.spatial_key);
    as.layer = of(options.source_layer, reading.layer);
    as.values = values_called(of(options.source_expression, options.expression));
    const auto& path = options.sources[s];
    auto source = transst::read_sample_file(path, as);
    const auto lacking = lacks_as_source(source, as);
    require<BadData>(lacking.empty(), path, ": ", lacking);
    check_fields(path, source.sample);
    require<BadData>(transst::code_labels(source.sample.labels, options.ignore).classes() > 0, path,
                     ": --ignore leaves no labelled cell; keep at least one label");
    return source;
}

transst::SampleFile read_targets(
    const ClusterOptions& options, const transst::ReadOptions& reading,
    const transst::RunOptions& run,
    const std::function<void(const std::string&, const transst::SampleFile&)>& seen,
    std::vector<std::string>& warnings) {
    using transst::BadData, transst::require;
    std::vector<transst::SampleFile> files;
    for (const auto& path : options.targets) {
        files.push_back(transst::read_sample_file(path, reading));
        const auto lacking = lacks_as_target(files.back(), reading);
        require<BadData>(lacking.empty(), path, ": ", lacking);
        require<BadData>(
            files.back().sample.values == files.front().sample.values, path, ": holds ",
            files.back().sample.values == transst::Values::counts ? "counts, " : "log expression, ",
            options.targets.front(),
            " does not; choose the same of all with --layer, or say what the numbers are with "
            "--expression");
        check_fields(path, files.back().sample);
        seen(path, files.back());
    }
    if (files.size() == 1) return std::move(files.front());
    const transst::ReadOptions usual;
    const auto one_has = [&](auto Tissue::*words) {
        return std::any_of(files.begin(), files.end(),
                           [&](const auto& file) { return !(file.sample.*words).empty(); });
    };
    require<BadData>(!options.sources.empty() || !options.model.empty() ||
                         reading.label_column == usual.label_column || one_has(&Tissue::labels),
                     "--label-column: no target has the column ", reading.label_column);
    require<BadData>(reading.section_column == usual.section_column || one_has(&Tissue::sections),
                     "--section-column: no target has the column ", reading.section_column);
    std::map<std::string, std::string> section_of;
    for (std::size_t s = 0; s < files.size(); ++s)
        for (const auto& section : transst::detail::distinct(files[s].sample.sections)) {
            const auto [at, added] = section_of.emplace(section, options.targets[s]);
            if (!added)
                warnings.push_back(transst::text("targets ", at->second, " and ",
                                                 options.targets[s], " both have a section '",
                                                 section, "'; they are taken as two"));
        }
    std::map<std::string, int> times;
    for (const auto& file : files) ++times[file.sample.name];
    std::vector<Tissue> sections;
    for (std::size_t s = 0; s < files.size(); ++s) {
        sections.push_back(std::move(files[s].sample));
        auto& name = sections.back().name;
        // those of one name are told apart by where they lie
        if (times[name] > 1) name = options.targets[s];
        for (char& c : name)  // in labels.tsv, and folders may be called anything
            if (static_cast<unsigned char>(c) < ' ') c = ' ';
    }
    const auto fewest = std::min_element(sections.begin(), sections.end(), [](auto& a, auto& b) {
                            return a.cols() < b.cols();
                        })->cols();
    transst::SampleFile out;
    out.sample = transst::join_sections(std::move(sections), run);
    if (2 * out.sample.cols() < fewest)
        warnings.push_back(transst::text("the targets have ", out.sample.cols(),
                                         " genes in common, of ", fewest,
                                         " or more that each has"));
    return out;
}

std::vector<std::string> unknown_labels(const ClusterOptions& options,
                                        const std::vector<Tissue>& sources, const Tissue* target) {
    std::vector<std::string> warnings;
    for (const auto& label : options.ignore) {
        const auto has = [&](const Tissue& sample) {
            return std::find(sample.labels.begin(), sample.labels.end(), label) !=
                   sample.labels.end();
        };
        if (!(target && has(*target)) && std::none_of(sources.begin(), sources.end(), has))
            warnings.push_back(transst::text("--ignore '", label, "': no cell has this label"));
    }
    return warnings;
}

std::vector<SampleValues> values_of(const std::vector<Tissue>& sources) {
    std::vector<SampleValues> out;
    for (const auto& source : sources) out.push_back({"source " + source.name, source.values});
    return out;
}

std::vector<std::string> unlike_expression(const std::vector<SampleValues>& samples) {
    std::vector<std::string> warnings;
    const SampleValues& first = samples.front();
    for (const auto& other : samples) {
        if (other.values == first.values) continue;
        const bool counts = other.values == transst::Values::counts;
        warnings.push_back(transst::text(
            (counts ? first : other).name, " holds log expression and ",
            (counts ? other : first).name,
            " counts, which become log(1 + 10,000 x / sum): they only compare where that is how "
            "the logarithm was taken; better give counts of both (--layer, --source-layer)"));
    }
    return warnings;
}

}  // namespace transst_program
