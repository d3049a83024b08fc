// A picture of the tissue: each spot in its cluster's colour.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/labels.hpp>
#include <transst/report/palette.hpp>
#include <transst/report/svg_text.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace transst {

/// What a picture says besides the spots.
struct TissueSvgOptions {
    std::string title{};                      ///< above the picture; empty: none
    std::string subtitle{};                   ///< below the title; empty: none
    std::string legend = "Cluster";           ///< above the clusters' names
    std::string left_out_name = "NA";         ///< name of spots whose cluster is left_out
    std::span<const std::string> sections{};  ///< n names, one panel for each; empty: one panel
};

namespace detail {

/// The spots of one section and where they lie, in the coordinates' own units.
struct TissuePanel {
    std::string_view name{};
    std::vector<Index> spots{};
    double left = 0, top = 0, width = 0, height = 0;
};

/// Panels in order of appearance, of the spots whose coordinates are known.
[[nodiscard]] inline std::vector<TissuePanel> tissue_panels(const RowMatrix<double>& coordinates,
                                                            std::span<const std::string> sections) {
    std::vector<TissuePanel> panels;
    if (sections.empty()) panels.emplace_back();
    for (Index i = 0; i < coordinates.rows(); ++i) {
        if (!coordinates.row(i).allFinite()) continue;
        TissuePanel* panel = panels.data();
        if (!sections.empty()) {
            const std::string_view name = sections[static_cast<std::size_t>(i)];
            const auto at = std::find_if(panels.rbegin(), panels.rend(),
                                         [&](const TissuePanel& p) { return p.name == name; });
            panel = at != panels.rend() ? &*at : &panels.emplace_back(TissuePanel{.name = name});
        }
        panel->spots.push_back(i);
    }
    for (auto& panel : panels) {
        if (panel.spots.empty()) continue;
        Eigen::RowVector2d low = coordinates.row(panel.spots.front()), high = low;
        for (const Index i : panel.spots) {
            low = low.cwiseMin(coordinates.row(i));
            high = high.cwiseMax(coordinates.row(i));
        }
        panel.left = low[0];
        panel.top = low[1];
        panel.width = high[0] - low[0];
        panel.height = high[1] - low[1];
    }
    return panels;
}

/// Distance at which spots should just not touch, from the nearest and the sixth nearest
/// neighbours of a few hundred spots: on a lattice the distance of neighbours, and where spots lie
/// anyhow a little less than the mean one, so that few overlap. 0 where no two spots differ.
[[nodiscard]] inline double spot_pitch(const RowMatrix<double>& coordinates,
                                       const std::vector<TissuePanel>& panels) {
    constexpr std::size_t asked = 400, neighbors = 6;
    std::size_t all = 0;
    for (const auto& panel : panels) all += panel.spots.size();
    const std::size_t step = std::max<std::size_t>(1, all / asked);
    std::vector<double> nearest, sixth, squares;
    for (const auto& panel : panels) {
        for (std::size_t s = 0; s < panel.spots.size(); s += step) {
            squares.clear();
            for (const Index other : panel.spots) {
                const double square =
                    (coordinates.row(other) - coordinates.row(panel.spots[s])).squaredNorm();
                if (square > 0) squares.push_back(square);
            }
            if (squares.empty()) continue;
            const auto last =
                squares.begin() + static_cast<Index>(std::min(neighbors, squares.size()) - 1);
            std::nth_element(squares.begin(), last, squares.end());
            sixth.push_back(std::sqrt(*last));
            nearest.push_back(std::sqrt(*std::min_element(squares.begin(), last + 1)));
        }
    }
    const auto median = [](std::vector<double>& values) {
        const auto middle = values.begin() + static_cast<Index>(values.size() / 2);
        std::nth_element(values.begin(), middle, values.end());
        return *middle;
    };
    return nearest.empty() ? 0 : std::max(median(nearest), 0.6 * median(sixth));
}

}  // namespace detail

/// Draws n spots at `coordinates` (n × 2: x to the right, y downwards, both in the same unit; a
/// spot without finite ones is counted but not drawn) in the colour of `cluster` (n codes of
/// `names`, or left_out). Sections are drawn side by side, to the same scale. Returns the text of
/// an SVG file, about 35 bytes per spot. Throws ShapeMismatch, and BadData for a cluster without a
/// name.
[[nodiscard]] inline std::string tissue_svg(const RowMatrix<double>& coordinates,
                                            std::span<const Label> cluster,
                                            std::span<const std::string> names,
                                            const TissueSvgOptions& options = {}) {
    using detail::svg_number;
    using detail::svg_words;
    const auto n = static_cast<Index>(cluster.size());
    require<ShapeMismatch>(coordinates.rows() == n && coordinates.cols() == 2,
                           "tissue_svg: coordinates are ", coordinates.rows(), " x ",
                           coordinates.cols(), ", cluster needs ", n, " x 2");
    require<ShapeMismatch>(
        options.sections.empty() || static_cast<Index>(options.sections.size()) == n,
        "tissue_svg: sections has ", options.sections.size(), " entries, cluster has ", n);
    for (const Label k : cluster)
        require<BadData>(k == left_out || (k >= 0 && k < static_cast<Label>(names.size())),
                         "tissue_svg: a spot has cluster ", k, ", but names has ", names.size(),
                         " entries; name every cluster");

    // Sizes in pixels.
    constexpr double margin = 24, gap = 28, font = 13, line = 22, swatch = 6, largest_pitch = 32;
    constexpr std::size_t longest_name = 32;
    const auto panels = detail::tissue_panels(coordinates, options.sections);
    const bool named = panels.size() > 1;
    const double above_panel = named ? line : 0;

    // The grid of panels whose scale is largest.
    double pitch = detail::spot_pitch(coordinates, panels);
    double widest = 0, highest = 0;
    for (const auto& panel : panels) {
        widest = std::max(widest, panel.width);
        highest = std::max(highest, panel.height);
    }
    if (pitch == 0) pitch = std::max({widest, highest, 1.0});
    widest += pitch;
    highest += pitch;
    const double room_across = named ? 960 : 640, room_down = 620;
    double scale = 0;
    std::size_t columns = 1;
    for (std::size_t c = 1; c <= panels.size(); ++c) {
        const auto across = static_cast<double>(c);
        const auto down = std::ceil(static_cast<double>(panels.size()) / across);
        const double fits = std::min((room_across / across - gap) / widest,
                                     (room_down / down - gap - above_panel) / highest);
        if (fits > scale) {
            scale = fits;
            columns = c;
        }
    }
    // With very many sections the picture grows, instead of the panels vanishing.
    scale = std::min(std::max(scale, 60 / std::max(widest, highest)), largest_pitch / pitch);
    const double panel_width = widest * scale, panel_height = above_panel + highest * scale;
    const auto panel_rows = (panels.size() + columns - 1) / columns;
    const double drawing_width = static_cast<double>(columns) * (panel_width + gap) - gap;
    const double drawing_height = static_cast<double>(panel_rows) * (panel_height + gap) - gap;

    std::vector<Index> counts(names.size() + 1, 0);  // the last one: left out
    const auto slot = [&](Label k) { return k == left_out ? names.size() : std::size_t(k); };
    for (const Label k : cluster) ++counts[slot(k)];
    const std::size_t entries = names.size() + (counts.back() > 0 ? 1 : 0);
    const auto name_of = [&](std::size_t k) -> const std::string& {
        return k < names.size() ? names[k] : options.left_out_name;
    };

    // The legend, in as many columns as the drawing's height asks for.
    double name_width = detail::svg_width(options.legend, font, longest_name);
    for (std::size_t k = 0; k < entries; ++k)
        name_width = std::max(name_width, detail::svg_width(name_of(k), font, longest_name));
    const double count_width = detail::svg_width(detail::grouped_digits(n), font, longest_name);
    const double entry_width = 3 * swatch + 4 + name_width + 16 + std::max(count_width, 36.0);
    const auto most_lines =
        static_cast<std::size_t>(std::max(8.0, std::floor(drawing_height / line) - 1));
    const std::size_t legend_columns =
        std::max<std::size_t>(1, (entries + most_lines - 1) / most_lines);
    const std::size_t legend_lines = (entries + legend_columns - 1) / legend_columns;
    const double legend_width = static_cast<double>(legend_columns) * (entry_width + gap) - gap;
    const double legend_height = line * static_cast<double>(legend_lines + 1);

    const double head = (options.title.empty() ? 0 : 30) + (options.subtitle.empty() ? 0 : 20);
    const double top = margin + head + (head > 0 ? 8 : 0);
    const double heading_width =
        std::max(detail::svg_width(options.title, 20, options.title.size()),
                 detail::svg_width(options.subtitle, font, options.subtitle.size()));
    const double legend_left = margin + drawing_width + gap + 8;
    const double width =
        std::ceil(std::max(legend_left + legend_width, margin + heading_width) + margin);
    const double height = std::ceil(top + std::max(drawing_height, legend_height) + margin);

    std::string out;
    const auto words = [&](double x, double y, std::string_view attributes, std::string_view what,
                           std::size_t most = std::string_view::npos) {
        out += text("<text x=\"", svg_number(x), "\" y=\"", svg_number(y), "\" ", attributes, ">",
                    svg_words(what, most), "</text>\n");
    };
    out +=
        text("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", svg_number(width),
             "\" height=\"", svg_number(height), "\" viewBox=\"0 0 ", svg_number(width), " ",
             svg_number(height), "\" role=\"img\" font-family=\"system-ui, -apple-system, ",
             "'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif\" font-size=\"13\" ",
             "fill=\"#222\">\n<title>", svg_words(options.title.empty() ? "Tissue" : options.title),
             "</title>\n", "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    double baseline = margin - 4;
    if (!options.title.empty())
        words(margin, baseline += 20, "font-size=\"20\" font-weight=\"600\"", options.title);
    if (!options.subtitle.empty()) words(margin, baseline += 22, "fill=\"#666\"", options.subtitle);

    // Where each spot is drawn, cluster by cluster; those left out lie below the others.
    std::vector<std::string> circles(counts.size());
    const std::string end =
        text("\" r=\"", svg_number(std::max(0.6, 0.47 * pitch * scale)), "\"/>\n");
    for (std::size_t p = 0; p < panels.size(); ++p) {
        const auto& panel = panels[p];
        const double left = margin + static_cast<double>(p % columns) * (panel_width + gap);
        const double down = top + static_cast<double>(p / columns) * (panel_height + gap);
        if (named) words(left, down + font - 2, "font-weight=\"600\"", panel.name, 48);
        for (const Index i : panel.spots) {
            const double x = (coordinates(i, 0) - panel.left + pitch / 2) * scale;
            const double y = (coordinates(i, 1) - panel.top + pitch / 2) * scale;
            circles[slot(cluster[static_cast<std::size_t>(i)])] +=
                text("<circle cx=\"", svg_number(left + x), "\" cy=\"",
                     svg_number(down + above_panel + y), end);
        }
    }
    const auto color = [&](std::size_t k) {
        return k < names.size() ? color_of(static_cast<Index>(k)) : std::string(missing_color);
    };
    for (std::size_t step = 0; step < circles.size(); ++step) {
        const std::size_t k = (step + names.size()) % circles.size();
        if (circles[k].empty()) continue;
        out += text("<g fill=\"", color(k), "\"><title>", svg_words(name_of(k)), "</title>\n",
                    circles[k], "</g>\n");
    }

    const double legend_top = top + above_panel;
    for (std::size_t c = 0; c < legend_columns && entries > 0; ++c) {
        const double left = legend_left + static_cast<double>(c) * (entry_width + gap);
        constexpr std::string_view grey = "fill=\"#666\" font-size=\"12\"";
        words(left, legend_top + font - 2, grey, options.legend, longest_name);
        words(left + entry_width, legend_top + font - 2, text(grey, " text-anchor=\"end\""),
              "Spots");
        for (std::size_t l = 0; l < legend_lines && c * legend_lines + l < entries; ++l) {
            const std::size_t k = c * legend_lines + l;
            const double middle = legend_top + line * (static_cast<double>(l) + 1.25);
            out += text("<circle cx=\"", svg_number(left + swatch), "\" cy=\"", svg_number(middle),
                        "\" r=\"", svg_number(swatch), "\" fill=\"", color(k), "\"/>\n");
            words(left + 3 * swatch + 4, middle + 4.5, "", name_of(k), longest_name);
            words(left + entry_width, middle + 4.5,
                  "fill=\"#666\" text-anchor=\"end\" font-variant-numeric=\"tabular-nums\"",
                  detail::grouped_digits(counts[k]));
        }
    }
    return out + "</svg>\n";
}

}  // namespace transst
