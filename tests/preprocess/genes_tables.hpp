// The tables of genes/, and expression with a pattern for tests of gene selection.
#pragma once

#include <transst/preprocess/sample.hpp>

#include <fstream>
#include <sstream>
#include <support/catch.hpp>
#include <support/random.hpp>

namespace support {

/// A tab-separated table of numbers without header.
inline RowMatrix<double> read_table(const std::filesystem::path& path) {
    std::ifstream file(path);
    REQUIRE(file.good());
    std::vector<double> values;
    Index rows = 0;
    for (std::string line; std::getline(file, line); ++rows) {
        std::istringstream words(line);
        for (double value; words >> value;) values.push_back(value);
    }
    return Eigen::Map<RowMatrix<double>>(values.data(), rows, std::ssize(values) / rows);
}

/// Spots of a jittered grid of `side` rows and columns.
inline RowMatrix<double> jittered_grid(Index side, std::uint64_t seed) {
    RandomStream random(seed);
    RowMatrix<double> out(side * side, 2);
    for (Index i = 0; i < out.rows(); ++i) {
        out(i, 0) = static_cast<double>(i % side) + random.uniform(-0.2, 0.2);
        out(i, 1) = static_cast<double>(i / side) + random.uniform(-0.2, 0.2);
    }
    return out;
}

/// Counts with mean 2 that know nothing of place, but for gene `planted`, which is five times as
/// frequent where x is above its mean.
inline RowMatrix<double> planted_counts(const RowMatrix<double>& places, Index genes, Index planted,
                                        std::uint64_t seed) {
    RandomStream random(seed);
    RowMatrix<double> out(places.rows(), genes);
    const double middle = places.col(0).mean();
    for (Index i = 0; i < out.rows(); ++i)
        for (Index j = 0; j < genes; ++j) {
            const double mean = j != planted ? 2 : places(i, 0) > middle ? 3.3 : 0.7;
            out(i, j) = static_cast<double>(random.poisson(mean));
        }
    return out;
}

inline std::vector<std::string> numbered(const std::string& word, Index count) {
    std::vector<std::string> out;
    for (Index i = 0; i < count; ++i) out.push_back(word + std::to_string(i));
    return out;
}

inline Index argmax(const Vector<double>& x) {
    Index at = 0;
    x.maxCoeff(&at);
    return at;
}

/// A sample with names for its genes.
template <class Expression>
transst::Sample<Expression> named_sample(Expression expression,
                                         const RowMatrix<double>& places = {}) {
    transst::Sample<Expression> out{std::move(expression)};
    out.genes = numbered("gene", out.cols());
    out.coordinates = places;
    return out;
}

}  // namespace support
