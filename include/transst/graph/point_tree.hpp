// Trees that the neighbourhoods of spots are searched in.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/parallel_sort.hpp>
#include <transst/core/types.hpp>
#include <transst/graph/sections.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace transst {
namespace detail {

/// n × 2 or n × 3, of either storage order.
using Coordinates = Eigen::Ref<const RowMatrix<double>>;

/// Spot i in words, with where it is.
[[nodiscard]] inline std::string at_in_words(const Coordinates& x, Index i) {
    std::string out = text("(", x(i, 0));
    for (Index d = 1; d < x.cols(); ++d) out += text(", ", x(i, d));
    return out + ")";
}

template <class = void>
void check_coordinates(const Coordinates& x, std::string_view who) {
    require<ShapeMismatch>(x.cols() == 2 || x.cols() == 3, who, ": the coordinates are ", x.rows(),
                           " x ", x.cols(), "; they must have 2 or 3 columns, one row per spot");
    require<BadData>(x.rows() > 0, who, ": there are no spots");
    // Beyond this, squares of distances overflow.
    constexpr double largest = 1e150;
    for (Index i = 0; i < x.rows(); ++i) {
        for (Index d = 0; d < x.cols(); ++d) {
            if (std::abs(x(i, d)) <= largest) continue;  // words take far longer than the check
            require<BadData>(
                std::isfinite(x(i, d)), who, ": spot ", i, " (counted from 0) lies at ",
                at_in_words(x, i),
                "; coordinates must be finite: leave out spots whose place is unknown");
            require<BadData>(false, who, ": spot ", i, " (counted from 0) lies at ",
                             at_in_words(x, i),
                             "; coordinates beyond 1e150 are not supported: use another unit");
        }
    }
}

/// What a search needs to keep ties: a compiler may fuse the multiply-adds of a distance to a point
/// and of one to its box differently, so that they differ in the last digits.
[[nodiscard]] inline double just_beyond(double squared) {
    return squared * (1 + 1e-12) + std::numeric_limits<double>::denorm_min();
}

/// The k nearest by (distance, spot), whatever the order in which they are found.
class Nearest {
public:
    explicit Nearest(Index capacity) : found_(static_cast<std::size_t>(capacity)) {}

    void start(Index self) {
        self_ = self;
        size_ = 0;
        bound_ = std::numeric_limits<double>::infinity();
    }
    /// (squared distance, spot), nearest first.
    [[nodiscard]] std::span<const std::pair<double, Index>> found() const {
        return {found_.data(), size_};
    }

    /// Squared distance beyond which nothing is wanted.
    [[nodiscard]] double bound() const { return bound_; }
    void add(double squared, Index spot) {
        const bool full = size_ == found_.size();
        if (spot == self_ || (full && !before(squared, spot, found_[size_ - 1]))) return;
        std::size_t at = full ? size_ - 1 : size_++;
        for (; at > 0 && before(squared, spot, found_[at - 1]); --at) found_[at] = found_[at - 1];
        found_[at] = {squared, spot};
        if (size_ == found_.size()) bound_ = just_beyond(found_[size_ - 1].first);
    }

private:
    [[nodiscard]] static bool before(double squared, Index spot,
                                     const std::pair<double, Index>& other) {
        return squared < other.first || (squared == other.first && spot < other.second);
    }

    std::size_t size_ = 0;
    Index self_ = -1;
    double bound_ = 0;
    std::vector<std::pair<double, Index>> found_;
};

/// All within a distance, the distance itself included.
class Within {
public:
    explicit Within(double radius) : squared_(radius * radius) {}

    void start(Index self) {
        self_ = self;
        found_.clear();
    }
    [[nodiscard]] std::vector<Index>& found() { return found_; }

    [[nodiscard]] double bound() const { return just_beyond(squared_); }
    void add(double squared, Index spot) {
        if (spot != self_ && squared <= squared_) found_.push_back(spot);
    }

private:
    double squared_;
    Index self_ = -1;
    std::vector<Index> found_;
};

/// The least box around some points.
template <int Dims>
struct Box {
    using Point = std::array<double, static_cast<std::size_t>(Dims)>;

    Point low, high;

    Box() {
        low.fill(std::numeric_limits<double>::infinity());
        high.fill(-std::numeric_limits<double>::infinity());
    }
    Box& operator+=(const Point& point) {
        for (std::size_t d = 0; d < point.size(); ++d) {
            low[d] = std::min(low[d], point[d]);
            high[d] = std::max(high[d], point[d]);
        }
        return *this;
    }
    Box& operator+=(const Box& other) {
        *this += other.low;
        return *this += other.high;
    }
    /// Never more than to any point inside.
    [[nodiscard]] double squared_distance(const Point& point) const {
        double sum = 0;
        for (std::size_t d = 0; d < point.size(); ++d) {
            const double away = std::max({low[d] - point[d], point[d] - high[d], 0.0});
            sum += away * away;
        }
        return sum;
    }
};

/// The spots of one section in Morton order, so that neighbours lie near each other in memory, and
/// boxes around each `leaf` of them, around each `fan` of those boxes, and so on. A search goes
/// from its own leaf outwards: what it finds at once is nearly the answer.
template <int Dims>
class PointTree {
public:
    using Point = typename Box<Dims>::Point;

    PointTree(const Coordinates& x, std::vector<Index> spots, int threads)
        : spots_(std::move(spots)), points_(spots_.size()) {
        order(x, threads);
        enclose(threads);
    }

    [[nodiscard]] Index size() const { return static_cast<Index>(spots_.size()); }

    /// Fills the result with the neighbours of the spot at this position and returns that spot.
    template <class Result>
    Index search(Index position, Result& result) const {
        const auto at = static_cast<std::size_t>(position);
        const Point point = points_[at];
        result.start(spots_[at]);
        Index own = position / leaf;
        scan(own, point, result);
        for (std::size_t level = 0; level + 1 < boxes_.size(); ++level, own /= fan)
            look(level, own / fan, own, point, result);
        return spots_[at];
    }

    /// Two spots at the same place, lowest first; {-1, -1} where there are none.
    [[nodiscard]] std::pair<Index, Index> duplicates() const {
        std::pair<Index, Index> first{-1, -1};
        for (std::size_t i = 1; i < points_.size(); ++i)
            if (points_[i] == points_[i - 1] && (first.first < 0 || spots_[i - 1] < first.first))
                first = {spots_[i - 1], spots_[i]};
        return first;
    }

private:
    static constexpr Index leaf = 16, fan = 2;
    static constexpr int bits = 64 / Dims;

    /// Bits 0 … 7 of a byte, Dims places apart.
    [[nodiscard]] static constexpr std::array<std::uint64_t, 256> spread_bytes() {
        std::array<std::uint64_t, 256> out{};
        for (std::size_t byte = 0; byte < out.size(); ++byte)
            for (int bit = 0; bit < 8; ++bit)
                out[byte] |= std::uint64_t{byte >> bit & 1} << bit * Dims;
        return out;
    }

    [[nodiscard]] Point point_of(const Coordinates& x, Index spot) const {
        Point point;
        for (std::size_t d = 0; d < point.size(); ++d) point[d] = x(spot, static_cast<Index>(d));
        return point;
    }

    /// Sorts by Morton code, then place, then spot.
    void order(const Coordinates& x, int threads) {
        static constexpr auto spread = spread_bytes();
        const Lanes lanes(size());
        const auto around =
            sum_lanes(lanes, threads, Box<Dims>{}, [&](Box<Dims>& box, Index begin, Index end) {
                for (Index i = begin; i < end; ++i) box += point_of(x, spots_[std::size_t(i)]);
            });
        Point scale;
        for (std::size_t d = 0; d < scale.size(); ++d) {
            // One cell less than there are, since the product may round up.
            const double range = around.high[d] - around.low[d];
            scale[d] = range > 0 ? (std::ldexp(1.0, bits) - 2) / range : 0;
            if (!std::isfinite(scale[d])) scale[d] = 0;
        }
        struct Placed {
            std::uint64_t code;
            Index spot;
        };
        std::vector<Placed> placed(spots_.size());
        parallel_for(lanes.count(), threads, [&](Index lane) {
            for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i) {
                auto& [code, spot] = placed[static_cast<std::size_t>(i)];
                spot = spots_[static_cast<std::size_t>(i)];
                const Point point = point_of(x, spot);
                code = 0;
                for (std::size_t d = 0; d < point.size(); ++d) {
                    const auto cell =
                        static_cast<std::uint64_t>((point[d] - around.low[d]) * scale[d]);
                    for (int byte = 0; byte * 8 < bits; ++byte)
                        code |= spread[cell >> byte * 8 & 255] << (byte * 8 * Dims + int(d));
                }
            }
        });
        parallel_sort(placed, threads, [&](const Placed& a, const Placed& b) {
            if (a.code != b.code) return a.code < b.code;
            const Point at = point_of(x, a.spot), other = point_of(x, b.spot);
            return at != other ? at < other : a.spot < b.spot;
        });
        parallel_for(lanes.count(), threads, [&](Index lane) {
            for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i) {
                const auto at = static_cast<std::size_t>(i);
                spots_[at] = placed[at].spot;
                points_[at] = point_of(x, spots_[at]);
            }
        });
    }

    /// Makes the boxes, level by level, up to the one around all.
    void enclose(int threads) {
        const auto add_level = [&](Index below, Index group, auto&& inside) {
            std::vector<Box<Dims>> level(static_cast<std::size_t>((below + group - 1) / group));
            const Lanes lanes(static_cast<Index>(level.size()));
            parallel_for(lanes.count(), threads, [&](Index lane) {
                for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i)
                    for (Index b = i * group; b < std::min(below, (i + 1) * group); ++b)
                        level[static_cast<std::size_t>(i)] += inside(static_cast<std::size_t>(b));
            });
            boxes_.push_back(std::move(level));
        };
        add_level(size(), leaf, [&](std::size_t i) -> const Point& { return points_[i]; });
        while (boxes_.back().size() > 1)
            add_level(static_cast<Index>(boxes_.back().size()), fan,
                      [&](std::size_t i) -> const Box<Dims>& { return boxes_.back()[i]; });
    }

    /// The boxes of a level inside one box of the level above, but for one; the nearest first.
    template <class Result>
    void look(std::size_t level, Index inside, Index but_for, const Point& point,
              Result& result) const {
        const auto& boxes = boxes_[level];
        const Index end = std::min((inside + 1) * fan, static_cast<Index>(boxes.size()));
        std::array<std::pair<double, Index>, fan> near;
        std::size_t count = 0;
        for (Index node = inside * fan; node < end; ++node) {
            if (node == but_for) continue;
            const double away = boxes[static_cast<std::size_t>(node)].squared_distance(point);
            if (away > result.bound()) continue;
            std::size_t at = count++;
            for (; at > 0 && away < near[at - 1].first; --at) near[at] = near[at - 1];
            near[at] = {away, node};
        }
        for (std::size_t i = 0; i < count && near[i].first <= result.bound(); ++i)
            if (level == 0)
                scan(near[i].second, point, result);
            else
                look(level - 1, near[i].second, -1, point, result);
    }

    template <class Result>
    void scan(Index node, const Point& point, Result& result) const {
        const auto end = static_cast<std::size_t>(std::min(size(), (node + 1) * leaf));
        for (auto i = static_cast<std::size_t>(node * leaf); i < end; ++i) {
            double squared = 0;
            for (std::size_t d = 0; d < point.size(); ++d) {
                const double away = point[d] - points_[i][d];
                squared += away * away;
            }
            if (squared <= result.bound()) result.add(squared, spots_[i]);
        }
    }

    std::vector<Index> spots_;
    std::vector<Point> points_;
    std::vector<std::vector<Box<Dims>>> boxes_;  // of each level, the leaves first
};

/// A tree for each section. Throws BadData for two spots at one place unless duplicates are
/// allowed.
template <int Dims>
[[nodiscard]] std::vector<PointTree<Dims>> plant_trees(const Coordinates& x,
                                                       const Sections& sections,
                                                       bool allow_duplicates, int threads,
                                                       std::string_view who) {
    std::vector<PointTree<Dims>> trees;
    for (std::size_t s = 0; s < sections.spots.size(); ++s) {
        trees.emplace_back(x, sections.spots[s], threads);
        if (allow_duplicates) continue;
        const auto [a, b] = trees[s].duplicates();
        require<BadData>(a < 0, who, ": spots ", a, " and ", b, " (counted from 0) lie both at ",
                         a < 0 ? "" : at_in_words(x, a),
                         sections.names[s].empty() ? "" : " of section '" + sections.names[s] + "'",
                         "; name their sections, leave one out, or set allow_duplicates");
    }
    return trees;
}

/// Calls visit(section, tree, begin, end) for ranges of positions in each tree, in parallel.
template <class Trees, class Visit>
void for_each_range(const Trees& trees, int threads, Visit&& visit) {
    struct Range {
        std::size_t section;
        Index begin, end;
    };
    std::vector<Range> ranges;
    for (std::size_t s = 0; s < trees.size(); ++s) {
        const Lanes lanes(trees[s].size());
        for (Index lane = 0; lane < lanes.count(); ++lane)
            ranges.push_back({s, lanes.begin(lane), lanes.end(lane)});
    }
    parallel_for(static_cast<Index>(ranges.size()), threads, [&](Index r) {
        const auto& [section, begin, end] = ranges[static_cast<std::size_t>(r)];
        visit(section, trees[section], begin, end);
    });
}

/// Calls make(std::integral_constant<int, d>) for coordinates of d = 2 or 3 columns.
template <class Make>
auto with_dimensions(const Coordinates& x, Make&& make) {
    return x.cols() == 2 ? make(std::integral_constant<int, 2>{})
                         : make(std::integral_constant<int, 3>{});
}

}  // namespace detail
}  // namespace transst
