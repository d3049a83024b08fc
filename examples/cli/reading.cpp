#include "reading.hpp"

#include <transst/core/labels.hpp>

namespace transst_program {

transst::ReadOptions reading_options(const ClusterOptions& options, std::string scratch) {
    return {.stretch_x = options.stretch_x,
            .stretch_y = options.stretch_y,
            .label_column = options.label_column,
            .label_optional = !options.sources.empty(),
            .section_column = options.section_column,
            .spatial_key = options.spatial_key,
            .layer = options.layer,
            .values = values_called(options.expression),
            .matrix_bytes = options.memory / (4 * (std::ssize(options.sources) + 1)),
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
    as.section_optional = !options.target.empty() && options.source_section_column.empty();
    as.label_column = of(options.source_label_column, reading.label_column);
    as.section_column = of(options.source_section_column, reading.section_column);
    as.spatial_key = of(options.source_spatial_key, reading.spatial_key);
    as.layer = of(options.source_layer, reading.layer);
    as.values = values_called(of(options.source_expression, options.expression));
    const auto& path = options.sources[s];
    auto source = transst::read_sample_file(path, as);
    const auto lacking = lacks_as_source(source, as);
    require<BadData>(lacking.empty(), path, ": ", lacking);
    require<BadData>(transst::code_labels(source.sample.labels, options.ignore).classes() > 0, path,
                     ": --ignore leaves no labelled cell; keep at least one label");
    return source;
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
