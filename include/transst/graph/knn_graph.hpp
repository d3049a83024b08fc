// The k nearest neighbours of every spot.
//
// The one header that includes nanoflann, and the trees that other neighbourhoods search.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/lanes.hpp>
#include <transst/core/run.hpp>
#include <transst/core/types.hpp>
#include <transst/graph/graph.hpp>
#include <transst/graph/sections.hpp>

#include <nanoflann.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
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
            require<BadData>(std::abs(x(i, d)) <= largest, who, ": spot ", i,
                             " (counted from 0) lies at ", at_in_words(x, i),
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
class Nearest {
public:
    using DistanceType = double;
    using IndexType = std::size_t;

    Nearest(Index capacity, const std::vector<Index>& spots)
        : spots_(&spots), capacity_(static_cast<std::size_t>(capacity)), found_(capacity_) {}

    void start(Index self) {
        self_ = self;
        size_ = 0;
        bound_ = std::numeric_limits<double>::infinity();
    }
    /// (squared distance, spot), nearest first.
    [[nodiscard]] std::span<const std::pair<double, Index>> found() const {
        return {found_.data(), size_};
    }

    // What nanoflann asks of a result set; `sort` since 1.5.
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] bool full() const { return size_ == capacity_; }
    [[nodiscard]] double worstDist() const { return bound_; }
    bool addPoint(double squared, std::size_t position) {
        const std::pair<double, Index> candidate{squared, (*spots_)[position]};
        if (candidate.second == self_ || (full() && !(candidate < found_[size_ - 1]))) return true;
        std::size_t at = full() ? size_ - 1 : size_++;
        for (; at > 0 && candidate < found_[at - 1]; --at) found_[at] = found_[at - 1];
        found_[at] = candidate;
        if (full()) bound_ = just_beyond(found_[size_ - 1].first);
        return true;
    }
    void sort() {}

private:
    const std::vector<Index>* spots_;
    std::size_t capacity_;
    std::size_t size_ = 0;
    Index self_ = -1;
    double bound_ = 0;
    std::vector<std::pair<double, Index>> found_;
};

/// All within a distance, the distance itself included.
class Within {
public:
    using DistanceType = double;
    using IndexType = std::size_t;

    Within(double radius, const std::vector<Index>& spots)
        : spots_(&spots), squared_(radius * radius) {}

    void start(Index self) {
        self_ = self;
        found_.clear();
    }
    [[nodiscard]] std::vector<Index>& found() { return found_; }

    [[nodiscard]] std::size_t size() const { return found_.size(); }
    [[nodiscard]] bool empty() const { return found_.empty(); }
    [[nodiscard]] bool full() const { return true; }
    [[nodiscard]] double worstDist() const { return just_beyond(squared_); }
    bool addPoint(double squared, std::size_t position) {
        const Index spot = (*spots_)[position];
        if (spot != self_ && squared <= squared_) found_.push_back(spot);
        return true;
    }
    void sort() {}

private:
    const std::vector<Index>* spots_;
    double squared_;
    Index self_ = -1;
    std::vector<Index> found_;
};

/// The spots of one section, in Morton order, so that searches one after the other visit the same
/// leaves; and a k-d tree over them.
template <int Dims>
class PointTree {
public:
    using Point = std::array<double, static_cast<std::size_t>(Dims)>;

    PointTree(const Coordinates& x, std::vector<Index> spots) : spots_(std::move(spots)) {
        order(x);
        tree_ = std::make_unique<Tree>(Dims, *this, nanoflann::KDTreeSingleIndexAdaptorParams(16));
    }
    PointTree(const PointTree&) = delete;
    PointTree& operator=(const PointTree&) = delete;

    [[nodiscard]] Index size() const { return static_cast<Index>(spots_.size()); }
    [[nodiscard]] const std::vector<Index>& spots() const { return spots_; }

    /// Fills the result with the neighbours of spots()[position] and returns that spot.
    template <class Result>
    Index search(Index position, Result& result) const {
        const auto at = static_cast<std::size_t>(position);
        result.start(spots_[at]);
        tree_->findNeighbors(result, points_[at].data(), {});
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

    // What nanoflann asks of a data set.
    [[nodiscard]] std::size_t kdtree_get_point_count() const { return points_.size(); }
    [[nodiscard]] double kdtree_get_pt(std::size_t i, std::size_t d) const { return points_[i][d]; }
    template <class Box>
    bool kdtree_get_bbox(Box&) const {
        return false;
    }

private:
    using Metric = nanoflann::L2_Simple_Adaptor<double, PointTree, double, std::size_t>;
    using Tree = nanoflann::KDTreeSingleIndexAdaptor<Metric, PointTree, Dims, std::size_t>;

    static constexpr int bits = 64 / Dims;

    /// Sorts by Morton code, then place, then spot.
    void order(const Coordinates& x) {
        Point low, scale;
        for (std::size_t d = 0; d < low.size(); ++d) {
            double high = low[d] = x(spots_[0], static_cast<Index>(d));
            for (const Index i : spots_) {
                low[d] = std::min(low[d], x(i, static_cast<Index>(d)));
                high = std::max(high, x(i, static_cast<Index>(d)));
            }
            // One cell less than there are, since the product may round up.
            const double range = high - low[d];
            scale[d] = range > 0 ? (std::ldexp(1.0, bits) - 2) / range : 0;
            if (!std::isfinite(scale[d])) scale[d] = 0;
        }
        struct Placed {
            std::uint64_t code;
            Index spot;
            Point point;
            bool operator<(const Placed& other) const {
                return std::tie(code, point, spot) < std::tie(other.code, other.point, other.spot);
            }
        };
        std::vector<Placed> placed(spots_.size());
        for (std::size_t i = 0; i < placed.size(); ++i) {
            Placed& p = placed[i];
            p.spot = spots_[i];
            p.code = 0;
            for (std::size_t d = 0; d < low.size(); ++d) {
                p.point[d] = x(p.spot, static_cast<Index>(d));
                const auto cell = static_cast<std::uint64_t>((p.point[d] - low[d]) * scale[d]);
                for (int b = 0; b < bits; ++b)
                    p.code |= (cell >> b & 1) << (b * Dims + static_cast<int>(d));
            }
        }
        std::sort(placed.begin(), placed.end());
        points_.resize(placed.size());
        for (std::size_t i = 0; i < placed.size(); ++i) {
            spots_[i] = placed[i].spot;
            points_[i] = placed[i].point;
        }
    }

    std::vector<Index> spots_;
    std::vector<Point> points_;
    std::unique_ptr<Tree> tree_;  // refers to this object
};

/// A tree for each section. Throws BadData for two spots at one place unless duplicates are
/// allowed.
template <int Dims>
[[nodiscard]] std::vector<std::unique_ptr<PointTree<Dims>>> plant_trees(const Coordinates& x,
                                                                        const Sections& sections,
                                                                        bool allow_duplicates,
                                                                        int threads,
                                                                        std::string_view who) {
    std::vector<std::unique_ptr<PointTree<Dims>>> trees(sections.spots.size());
    parallel_for(static_cast<Index>(trees.size()), threads, [&](Index s) {
        const auto at = static_cast<std::size_t>(s);
        trees[at] = std::make_unique<PointTree<Dims>>(x, sections.spots[at]);
        if (allow_duplicates) return;
        const auto [a, b] = trees[at]->duplicates();
        require<BadData>(
            a < 0, who, ": spots ", a, " and ", b, " (counted from 0) lie both at ",
            a < 0 ? "" : at_in_words(x, a),
            sections.names[at].empty() ? "" : " of section '" + sections.names[at] + "'",
            "; name their sections, leave one out, or set allow_duplicates");
    });
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
        const Lanes lanes(trees[s]->size());
        for (Index lane = 0; lane < lanes.count(); ++lane)
            ranges.push_back({s, lanes.begin(lane), lanes.end(lane)});
    }
    parallel_for(static_cast<Index>(ranges.size()), threads, [&](Index r) {
        const auto& [section, begin, end] = ranges[static_cast<std::size_t>(r)];
        visit(section, *trees[section], begin, end);
    });
}

/// Calls make(std::integral_constant<int, d>) for coordinates of d = 2 or 3 columns.
template <class Make>
auto with_dimensions(const Coordinates& x, Make&& make) {
    return x.cols() == 2 ? make(std::integral_constant<int, 2>{})
                         : make(std::integral_constant<int, 3>{});
}

}  // namespace detail

/// Every spot's nearest spots of its own section, by Euclidean distance and, among equal distances,
/// by lower number: the same graph whatever the layout of the search tree (METHOD, section 4).
///
///     const auto graph = KnnGraph{{.neighbors = 5}}.fit(coordinates, sections, {.threads = 4});
struct KnnGraph {
    static constexpr std::string_view name = "KnnGraph";

    struct Options {
        Index neighbors = 5;            ///< of each spot, itself not counted
        bool symmetric = true;          ///< join i and j where either is among the other's nearest
        bool allow_duplicates = false;  ///< of the same place in the same section

        /// The paper's code: five neighbours, directed.
        [[nodiscard]] static Options published() { return {.neighbors = 5, .symmetric = false}; }
    } options{};

    /// coordinates: n × 2 or n × 3, any unit. sections: n names, or none for a single section.
    /// A spot never neighbours a spot of another section. Among several sections, one with no more
    /// than `neighbors` spots joins all of them; a spot alone on its section has no neighbour.
    /// Directed graphs list neighbours nearest first, symmetric ones by number.
    /// Throws InvalidArgument where neighbors < 1 or n <= neighbors in a single section;
    /// ShapeMismatch for other shapes; BadData for coordinates that are not finite or occur twice;
    /// Stopped.
    template <class = void>
    [[nodiscard]] Graph fit(const detail::Coordinates& coordinates,
                            std::span<const std::string> sections = {},
                            const RunOptions& run = {}) const {
        constexpr std::string_view who = "KnnGraph::fit";
        require(options.neighbors >= 1, who, ": neighbors = ", options.neighbors,
                "; it must be at least 1");
        detail::check_coordinates(coordinates, who);
        const auto grouped = detail::group_sections(coordinates.rows(), sections, who);
        require(grouped.spots.size() > 1 || options.neighbors < coordinates.rows(), who,
                ": neighbors = ", options.neighbors, ", ", grouped.size_in_words(0),
                "; neighbors must be less than that: ask for fewer");
        return detail::with_dimensions(
            coordinates, [&](auto dims) { return search<dims()>(coordinates, grouped, run); });
    }

private:
    template <int Dims>
    [[nodiscard]] Graph search(const detail::Coordinates& x, const detail::Sections& sections,
                               const RunOptions& run) const {
        const StopCheck check(run, name);
        const auto trees = detail::plant_trees<Dims>(x, sections, options.allow_duplicates,
                                                     run.threads, "KnnGraph::fit");
        const auto wanted = [&](std::size_t section) {
            return std::min(options.neighbors, trees[section]->size() - 1);
        };
        Graph graph;
        graph.directed = true;
        graph.section = sections.codes;
        graph.starts.reserve(static_cast<std::size_t>(x.rows()) + 1);
        for (std::size_t i = 0; i < static_cast<std::size_t>(x.rows()); ++i) {
            const auto section = sections.codes.empty() ? 0 : sections.codes[i];
            graph.starts.push_back(graph.starts.back() + wanted(static_cast<std::size_t>(section)));
        }
        graph.neighbors.resize(static_cast<std::size_t>(graph.starts.back()));
        detail::for_each_range(
            trees, run.threads, [&](std::size_t section, const auto& tree, Index begin, Index end) {
                check();
                if (wanted(section) == 0) return;
                detail::Nearest nearest(wanted(section), tree.spots());
                for (Index p = begin; p < end; ++p) {
                    const Index i = tree.search(p, nearest);
                    auto out = graph.neighbors.begin() + graph.starts[static_cast<std::size_t>(i)];
                    for (const auto& [squared, j] : nearest.found()) *out++ = j;
                }
            });
        return options.symmetric ? graph.symmetrized() : graph;
    }
};

}  // namespace transst
