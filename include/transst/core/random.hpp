// Random numbers that are the same on every machine and for any number of threads.
//
// Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC 2011): the i-th number of a stream is a function
// of (seed, stream, i), so a stream needs no shared state. The distributions are our own, since
// those of the standard library differ between its implementations.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/types.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace transst {

/// The Philox4x32-10 block function: 128 random bits from a counter and a key.
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                            std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = std::uint64_t{0xD2511F53u} * counter[0];
        const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * counter[2];
        counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0],
                   static_cast<std::uint32_t>(b),
                   static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1],
                   static_cast<std::uint32_t>(a)};
        key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
    }
    return counter;
}

/// A stream of draws. Streams with another seed or another number are independent.
class RandomStream {
public:
    /// The same seed and stream give the same numbers.
    explicit RandomStream(std::uint64_t seed, std::uint64_t stream = 0)
        : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
          stream_(stream) {}

    /// 64 random bits.
    [[nodiscard]] std::uint64_t bits() {
        if (left_ == 0) {
            const auto block = philox(
                {static_cast<std::uint32_t>(position_), static_cast<std::uint32_t>(position_ >> 32),
                 static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)},
                key_);
            ++position_;
            buffer_ = {block[0] | std::uint64_t{block[1]} << 32,
                       block[2] | std::uint64_t{block[3]} << 32};
            left_ = 2;
        }
        return buffer_[static_cast<std::size_t>(2 - left_--)];
    }

    /// Uniform on the open interval (0, 1), with 53 bits.
    [[nodiscard]] double uniform() { return (static_cast<double>(bits() >> 11) + 0.5) * 0x1.0p-53; }

    /// Uniform on (low, high).
    [[nodiscard]] double uniform(double low, double high) { return low + (high - low) * uniform(); }

    /// Uniform on {0, …, count − 1}; count ≥ 1.
    [[nodiscard]] Index below(Index count) {
        const auto range = static_cast<std::uint64_t>(count);
        const std::uint64_t unfair = (0 - range) % range;  // 2⁶⁴ mod range
        std::uint64_t draw = bits();
        while (draw < unfair) draw = bits();
        return static_cast<Index>(draw % range);
    }

    /// Standard normal (Box & Muller 1958).
    [[nodiscard]] double normal() {
        if (has_spare_) {
            has_spare_ = false;
            return spare_;
        }
        const double radius = std::sqrt(-2.0 * std::log(uniform()));
        const double angle = 2.0 * std::numbers::pi * uniform();
        spare_ = radius * std::sin(angle);
        has_spare_ = true;
        return radius * std::cos(angle);
    }

    /// Gamma with the given shape > 0 and scale 1 (Marsaglia & Tsang 2000).
    [[nodiscard]] double gamma(double shape) {
        if (shape < 1) return gamma(shape + 1) * std::pow(uniform(), 1 / shape);
        const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
        for (;;) {
            const double x = normal(), root = 1 + c * x;
            if (root <= 0) continue;
            const double v = root * root * root;
            if (std::log(uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
        }
    }

    /// Poisson with the given mean ≥ 0: by inversion where it is small, else by splitting the
    /// mean at a gamma variate (Ahrens & Dieter 1974), which is exact.
    [[nodiscard]] Index poisson(double mean) {
        Index count = 0;
        while (mean > 12) {
            const auto half = static_cast<Index>(mean * 7 / 8);
            const double time = gamma(static_cast<double>(half));
            if (time > mean) return count + binomial(half - 1, mean / time);
            count += half;
            mean -= time;
        }
        double product = uniform();
        for (const double floor = std::exp(-mean); product > floor; product *= uniform()) ++count;
        return count;
    }

    /// Number of successes in `trials` of probability `chance`: by order statistics where there
    /// are many trials (Relles 1972), which is exact.
    [[nodiscard]] Index binomial(Index trials, double chance) {
        Index count = 0;
        while (trials > 24) {
            const Index middle = trials / 2 + 1;
            const double a = gamma(static_cast<double>(middle));
            const double b = gamma(static_cast<double>(trials - middle + 1));
            const double x = a / (a + b);  // the middle-th smallest of `trials` uniforms
            if (x <= chance) {
                count += middle;
                trials -= middle;
                chance = (chance - x) / (1 - x);
            } else {
                trials = middle - 1;
                chance /= x;
            }
        }
        for (Index i = 0; i < trials; ++i) count += uniform() < chance;
        return count;
    }

    /// i with probability weights[i] / Σ weights; weights ≥ 0, not all zero.
    template <class Weights>
    [[nodiscard]] Index categorical(const Weights& weights) {
        const double total = std::accumulate(std::begin(weights), std::end(weights), 0.0);
        double left = uniform() * total;
        Index last = 0;
        for (std::size_t i = 0; i < std::size(weights); ++i) {
            if (weights[i] <= 0) continue;
            last = static_cast<Index>(i);
            left -= weights[i];
            if (left < 0) break;
        }
        return last;
    }

    /// 0, …, count − 1 in random order (Fisher & Yates).
    template <class = void>
    [[nodiscard]] std::vector<Index> permutation(Index count) {
        std::vector<Index> order(static_cast<std::size_t>(count));
        std::iota(order.begin(), order.end(), Index{0});
        for (Index i = count - 1; i > 0; --i)
            std::swap(order[static_cast<std::size_t>(i)],
                      order[static_cast<std::size_t>(below(i + 1))]);
        return order;
    }

    /// rows × cols of independent standard normals, filled row by row.
    template <class W = double>
    [[nodiscard]] Matrix<W> normal_matrix(Index rows, Index cols) {
        Matrix<W> out(rows, cols);
        for (Index i = 0; i < rows; ++i)
            for (Index j = 0; j < cols; ++j) out(i, j) = normal();
        return out;
    }

private:
    std::array<std::uint32_t, 2> key_;
    std::uint64_t stream_;
    std::uint64_t position_ = 0;
    std::array<std::uint64_t, 2> buffer_{};
    int left_ = 0;
    double spare_ = 0;
    bool has_spare_ = false;
};

}  // namespace transst
