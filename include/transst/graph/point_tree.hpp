// Trees that the neighbourhoods of spots are searched in. The one header that includes nanoflann.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/parallel_sort.hpp>
#include <transst/core/types.hpp>
#include <transst/graph/sections.hpp>

#include <nanoflann.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace transst {
namespace detail {

/// n × 2 or n × 3, of either storage order.
template <class W>
using CoordinatesOf = Eigen::Ref<const RowMatrix<std::type_identity_t<W>>>;

/// Spot i in words, with where it is.
template <class Places>
[[nodiscard]] std::string at_in_words(const Places& x, Index i) {
    std::string out = text("(", x(i, 0));
    for (Index d = 1; d < x.cols(); ++d) out += text(", ", x(i, d));
    return out + ")";
}

template <class Places>
void check_coordinates(const Places& x, std::string_view who) {
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

/// What a search needs to keep ties that the tree's own rounding would lose: it sums the distances
/// to cutting planes one by one, so that a box can look some last digits further than its points.
[[nodiscard]] inline double just_beyond(double squared) {
    return squared * (1 + 1e-12) + std::numeric_limits<double>::denorm_min();
}

/// The k nearest by (distance, spot), whatever the order in which they are found.
template <class Spot = Index>
class Nearest {
public:
    struct Found {
        double squared;  // distance
        Spot spot, position;
    };

    explicit Nearest(Index capacity) : found_(static_cast<std::size_t>(capacity)) {}

    void start(Index self) {
        self_ = self;
        size_ = 0;
        bound_ = std::numeric_limits<double>::infinity();
    }
    /// Nearest first.
    [[nodiscard]] std::span<const Found> found() const { return {found_.data(), size_}; }

    /// Squared distance beyond which nothing is wanted.
    [[nodiscard]] double bound() const { return bound_; }
    void add(double squared, Index spot, Index position) {
        const bool full = size_ == found_.size();
        if (spot == self_ || (full && !before(squared, spot, found_[size_ - 1]))) return;
        std::size_t at = full ? size_ - 1 : size_++;
        for (; at > 0 && before(squared, spot, found_[at - 1]); --at) found_[at] = found_[at - 1];
        found_[at] = {squared, spot, position};
        if (size_ == found_.size()) bound_ = just_beyond(found_[size_ - 1].squared);
    }

private:
    [[nodiscard]] static bool before(double squared, Index spot, const Found& other) {
        return squared < other.squared || (squared == other.squared && spot < other.spot);
    }

    std::size_t size_ = 0;
    Index self_ = -1;
    double bound_ = 0;
    std::vector<Found> found_;
};

/// All within a distance, the distance itself included.
template <class Spot = Index>
class Within {
public:
    explicit Within(double radius) : squared_(radius * radius) {}

    void start(Index self) {
        self_ = self;
        found_.clear();
    }
    [[nodiscard]] std::vector<Spot>& found() { return found_; }

    [[nodiscard]] double bound() const { return just_beyond(squared_); }
    void add(double squared, Index spot, Index) {
        if (spot != self_ && squared <= squared_) found_.push_back(spot);
    }

private:
    double squared_;
    Index self_ = -1;
    std::vector<Spot> found_;
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

/// The spots of one section in Morton order, so that searches one after the other visit the same
/// leaves, in patches of neighbours that each have a k-d tree: trees grow side by side.
template <int Dims>
class PointTree {
public:
    using Point = typename Box<Dims>::Point;

    template <class Places>
    PointTree(const Places& x, std::vector<Index> spots, int threads)
        : spots_(std::move(spots)), points_(spots_.size()) {
        order(x, threads);
        patches_.resize(static_cast<std::size_t>(patch_lanes().count()));
        parallel_for(patch_lanes().count(), threads, [&](Index i) {
            const Index begin = patch_lanes().begin(i), end = patch_lanes().end(i);
            patches_[static_cast<std::size_t>(i)] = std::make_unique<Patch>(
                std::span(points_).subspan(static_cast<std::size_t>(begin),
                                           static_cast<std::size_t>(end - begin)),
                spots_.data(), begin);
        });
    }

    [[nodiscard]] Index size() const { return static_cast<Index>(spots_.size()); }
    /// Of each position.
    [[nodiscard]] const std::vector<Index>& spots() const { return spots_; }

    /// Fills the result with the neighbours of the spot at this position and returns that spot.
    template <class Result>
    Index search(Index position, Result& result) const {
        const auto at = static_cast<std::size_t>(position);
        const Point& point = points_[at];
        result.start(spots_[at]);
        // its own patch holds nearly all of them
        const auto own = std::upper_bound(
            patches_.begin(), patches_.end(), &point,
            [](const Point* p, const auto& patch) { return p < patch->points.data(); });
        (*(own - 1))->search(point, result);
        for (auto patch = patches_.begin(); patch != patches_.end(); ++patch)
            if (patch != own - 1 && (*patch)->box.squared_distance(point) <= result.bound())
                (*patch)->search(point, result);
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
    /// Points that lie together, and who they are.
    struct Patch {
        using Metric = nanoflann::L2_Simple_Adaptor<double, Patch, double, std::size_t>;
        using Tree = nanoflann::KDTreeSingleIndexAdaptor<Metric, Patch, Dims, std::size_t>;

        /// A result as nanoflann asks for it; `sort` since 1.5.
        template <class Result>
        struct Found {
            using DistanceType = double;
            using IndexType = std::size_t;

            Result& result;
            const Patch& patch;

            [[nodiscard]] std::size_t size() const { return 0; }
            [[nodiscard]] bool empty() const { return true; }
            [[nodiscard]] bool full() const { return true; }
            [[nodiscard]] double worstDist() const { return result.bound(); }
            bool addPoint(double squared, std::size_t position) {
                const Index in_tree = patch.first + static_cast<Index>(position);
                result.add(squared, patch.spots[in_tree], in_tree);
                return true;
            }
            void sort() {}
        };

        std::span<const Point> points;
        const Index* spots;  // of the whole tree
        Index first;         // of them that is in the patch
        Box<Dims> box;
        std::unique_ptr<Tree> tree;  // refers to this object

        Patch(std::span<const Point> the_points, const Index* the_spots, Index the_first)
            : points(the_points), spots(the_spots), first(the_first) {
            for (const Point& point : points) box += point;
            tree =
                std::make_unique<Tree>(Dims, *this, nanoflann::KDTreeSingleIndexAdaptorParams(16));
        }
        Patch(const Patch&) = delete;
        Patch& operator=(const Patch&) = delete;

        template <class Result>
        void search(const Point& point, Result& result) const {
            Found<Result> found{result, *this};
            tree->findNeighbors(found, point.data(), {});
        }

        // What nanoflann asks of a data set.
        [[nodiscard]] std::size_t kdtree_get_point_count() const { return points.size(); }
        [[nodiscard]] double kdtree_get_pt(std::size_t i, std::size_t d) const {
            return points[i][d];
        }
        template <class Bounds>
        bool kdtree_get_bbox(Bounds&) const {
            return false;
        }
    };

    static constexpr int bits = 64 / Dims;

    /// Bits 0 … 7 of a byte, Dims places apart.
    [[nodiscard]] static constexpr std::array<std::uint64_t, 256> spread_bytes() {
        std::array<std::uint64_t, 256> out{};
        for (std::size_t byte = 0; byte < out.size(); ++byte)
            for (int bit = 0; bit < 8; ++bit)
                out[byte] |= std::uint64_t{byte >> bit & 1} << bit * Dims;
        return out;
    }

    template <class Places>
    [[nodiscard]] Point point_of(const Places& x, Index spot) const {
        Point point;
        for (std::size_t d = 0; d < point.size(); ++d) point[d] = x(spot, static_cast<Index>(d));
        return point;
    }

    /// Sorts by Morton code, then place, then spot.
    template <class Places>
    void order(const Places& x, int threads) {
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

    /// Few patches: each search asks all their boxes.
    [[nodiscard]] Lanes patch_lanes() const {
        return Lanes(size(), std::max<Index>(4096, size() / 16));
    }

    std::vector<Index> spots_;
    std::vector<Point> points_;
    std::vector<std::unique_ptr<Patch>> patches_;  // each refers to its part of the above
};

/// A tree for each section. Throws BadData for two spots at one place unless duplicates are
/// allowed.
template <int Dims, class Places>
[[nodiscard]] std::vector<PointTree<Dims>> plant_trees(const Places& x, const Sections& sections,
                                                       bool allow_duplicates, int threads,
                                                       std::string_view who) {
    // many sections grow side by side, few each on all threads
    const auto count = std::ssize(sections.spots);
    const int inside = count >= 2 * threads ? 1 : threads;
    std::vector<std::optional<PointTree<Dims>>> planted(sections.spots.size());
    parallel_for(count, inside == 1 ? threads : 1, [&](Index s) {
        const auto at = static_cast<std::size_t>(s);
        planted[at].emplace(x, sections.spots[at], inside);
    });
    std::vector<PointTree<Dims>> trees;
    for (std::size_t s = 0; s < planted.size(); ++s) {
        trees.push_back(std::move(*planted[s]));
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
template <class Places, class Make>
auto with_dimensions(const Places& x, Make&& make) {
    return x.cols() == 2 ? make(std::integral_constant<int, 2>{})
                         : make(std::integral_constant<int, 3>{});
}

}  // namespace detail
}  // namespace transst
