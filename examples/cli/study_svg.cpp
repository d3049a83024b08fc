// The picture of a study: a panel beside another, settings to the right, ARI upwards.
#include "study.hpp"

#include <transst/report/palette.hpp>
#include <transst/report/svg_text.hpp>

namespace transst_program {
namespace {

using transst::text;
using transst::detail::svg_number;
using transst::detail::svg_width;
using transst::detail::svg_words;

/// A dot of a shape of its own: colours alone are not enough for everybody.
std::string marker(std::size_t shape, double x, double y, std::string_view color) {
    const auto at = [&](double dx, double dy) {
        return svg_number(x + dx) + "," + svg_number(y + dy) + " ";
    };
    const std::string fill = text("fill=\"", color, "\" stroke=\"#fff\" stroke-width=\"0.8\"/>\n");
    constexpr double r = 5.2, square = 3.9, wide = 0.95 * r, flat = 0.7 * r;
    std::string points;
    switch (shape % 5) {
        case 0:
            return text("<circle cx=\"", svg_number(x), "\" cy=\"", svg_number(y), "\" r=\"4.3\" ",
                        fill);
        case 1:
            points = at(-square, -square) + at(square, -square) + at(square, square) +
                     at(-square, square);
            break;
        case 2:
            points = at(0, -r) + at(wide, flat) + at(-wide, flat);
            break;
        case 3:
            points = at(0, -r) + at(r, 0) + at(0, r) + at(-r, 0);
            break;
        default:
            points = at(0, r) + at(-wide, -flat) + at(wide, -flat);
    }
    return text("<polygon points=\"", points, "\" ", fill);
}

}  // namespace

std::string study_svg(const StudyPlan& plan, const StudySummary& summary) {
    // Sizes in pixels.
    constexpr double margin = 20, plot_height = 260, axis_room = 52, gap = 26, font = 13;
    const std::size_t methods = summary.methods.size();
    std::vector<std::string> panels;
    double longest = 0, lowest = 1, highest = -1;
    for (std::size_t s = 0; s < summary.settings.size(); ++s) {
        const auto& [panel, setting] = summary.settings[s];
        if (std::find(panels.begin(), panels.end(), panel) == panels.end()) panels.push_back(panel);
        longest = std::max(longest, svg_width(setting, font - 1, setting.size()));
        for (const auto& mean : summary.means[s])
            if (mean.rows > 0) {
                lowest = std::min(lowest, mean.mean - mean.deviation);
                highest = std::max(highest, mean.mean + mean.deviation);
            }
    }
    // Ticks at round numbers, from below the lowest bar to above the highest.
    const double range = highest - lowest;
    const double step = range > 0.5 ? 0.2 : range > 0.25 ? 0.1 : range > 0.1 ? 0.05 : 0.02;
    const auto first = static_cast<int>(std::floor(lowest / step + 1e-6));
    const auto last =
        std::max(first + 1, static_cast<int>(std::ceil(std::min(highest, 1.0) / step - 1e-6)));
    const auto tick_name = [&](int tick) {
        const long long hundredths = std::llround(100 * step * tick);
        const std::string digits = std::to_string(100 + std::llabs(hundredths) % 100).substr(1);
        return text(hundredths < 0 ? "-" : "", std::llabs(hundredths) / 100, ".",
                    step > 0.09 ? digits.substr(0, 1) : digits);
    };
    const double slot = std::max(34.0, 11.0 * static_cast<double>(methods) + 8);
    const bool slanted = longest > slot;
    const double below = slanted ? 0.6 * longest + 46 : 46;
    const double top = margin + 26 + 26 + 24;  // title, legend, names of panels
    const auto y_of = [&](double ari) {
        return top + plot_height * (step * last - ari) / (step * (last - first));
    };

    std::string body;
    const auto words = [&](double x, double y, std::string_view attributes, std::string_view what) {
        body += text("<text x=\"", svg_number(x), "\" y=\"", svg_number(y), "\" ", attributes, ">",
                     svg_words(what), "</text>\n");
    };
    const auto line = [&](double x1, double y1, double x2, double y2, std::string_view attributes) {
        body += text("<path d=\"M", svg_number(x1), " ", svg_number(y1), "L", svg_number(x2), " ",
                     svg_number(y2), "\" ", attributes, "/>\n");
    };
    words(margin, margin + 14, "font-size=\"16\" font-weight=\"600\"", plan.title);
    double legend = margin + axis_room;
    for (std::size_t m = 0; m < methods; ++m) {
        body += marker(m, legend, margin + 40, transst::color_of(static_cast<transst::Index>(m)));
        words(legend + 10, margin + 44, "", summary.methods[m]);
        legend += 34 + svg_width(summary.methods[m], font, summary.methods[m].size());
    }

    double left = margin + axis_room;
    for (std::size_t p = 0; p < panels.size(); ++p) {
        std::vector<std::size_t> settings;
        for (std::size_t s = 0; s < summary.settings.size(); ++s)
            if (summary.settings[s].first == panels[p]) settings.push_back(s);
        const double name_width = svg_width(panels[p], font, panels[p].size());
        const double plot_width =
            std::max({slot * static_cast<double>(settings.size()), name_width, 110.0});
        const double room = plot_width / static_cast<double>(settings.size());
        const double middle = left + plot_width / 2;
        words(middle, top - 10, "text-anchor=\"middle\" fill=\"#444\"", panels[p]);
        for (int tick = first; tick <= last; ++tick) {
            const double y = y_of(step * tick);
            line(left, y, left + plot_width, y,
                 tick == 0 ? "stroke=\"#888\"" : "stroke=\"#e4e4e4\"");
            if (p == 0)
                words(left - 8, y + 4, "text-anchor=\"end\" fill=\"#444\"", tick_name(tick));
        }
        const auto x_of = [&](std::size_t i, std::size_t m) {
            const double dodge = (static_cast<double>(m) - static_cast<double>(methods - 1) / 2) *
                                 std::min(9.0, 0.7 * room / static_cast<double>(methods));
            return left + room * (static_cast<double>(i) + 0.5) + dodge;
        };
        for (std::size_t i = 0; i < settings.size(); ++i) {
            const double x = left + room * (static_cast<double>(i) + 0.5);
            const double y = top + plot_height + 18;
            const std::string slant = slanted
                                          ? text("text-anchor=\"end\" transform=\"rotate(-35 ",
                                                 svg_number(x + 6), " ", svg_number(y - 4), ")\" ")
                                          : "text-anchor=\"middle\" ";
            words(slanted ? x + 6 : x, slanted ? y - 4 : y, slant + "font-size=\"12\"",
                  summary.settings[settings[i]].second);
        }
        words(middle, top + plot_height + below - 6, "text-anchor=\"middle\" fill=\"#444\"",
              plan.setting_name);
        for (std::size_t m = 0; m < methods; ++m) {
            const auto color = transst::color_of(static_cast<transst::Index>(m));
            std::string path;
            for (std::size_t i = 0; i < settings.size(); ++i) {
                const auto& mean = summary.means[settings[i]][m];
                if (mean.rows == 0) continue;
                path += text(path.empty() ? "M" : "L", svg_number(x_of(i, m)), " ",
                             svg_number(y_of(mean.mean)));
            }
            if (plan.ordered && !path.empty())
                body += text("<path d=\"", path, "\" fill=\"none\" stroke=\"", color,
                             "\" stroke-width=\"1.5\"/>\n");
            for (std::size_t i = 0; i < settings.size(); ++i) {
                const auto& mean = summary.means[settings[i]][m];
                if (mean.rows == 0) continue;
                const double x = x_of(i, m);
                if (mean.deviation > 0)
                    line(x, y_of(mean.mean - mean.deviation), x,
                         y_of(std::min(1.0, mean.mean + mean.deviation)),
                         text("stroke=\"", color, "\" stroke-width=\"1.3\""));
                body += marker(m, x, y_of(mean.mean), color);
            }
        }
        left += plot_width + gap;
    }
    const double y_middle = top + plot_height / 2;
    words(margin + 12, y_middle,
          text("text-anchor=\"middle\" fill=\"#444\" transform=\"rotate(-90 ",
               svg_number(margin + 12), " ", svg_number(y_middle), ")\""),
          "adjusted Rand index");

    const double title_width = margin + svg_width(plan.title, 16, plan.title.size());
    const double width = std::ceil(std::max({left - gap, title_width, legend}) + margin);
    const double height = std::ceil(top + plot_height + below + 8);
    return text("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", svg_number(width),
                "\" height=\"", svg_number(height), "\" viewBox=\"0 0 ", svg_number(width), " ",
                svg_number(height), "\" role=\"img\" font-family=\"system-ui, -apple-system, ",
                "'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif\" font-size=\"13\" ",
                "fill=\"#222\">\n<title>", svg_words(plan.title),
                "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n", body,
                "</svg>\n");
}

}  // namespace transst_program
