// The same expression in every type that the library takes.
#pragma once

#include <transst/matrix/standardized.hpp>

#include <algorithm>
#include <support/random.hpp>

namespace kinds {

using namespace transst;

template <class Value>
CompressedRows<Value> compressed(const RowMatrix<double>& x) {
    CompressedRows<Value> out;
    out.genes = x.cols();
    for (Index i = 0; i < x.rows(); ++i) {
        for (Index j = 0; j < x.cols(); ++j) {
            if (x(i, j) == 0) continue;
            out.columns.push_back(static_cast<std::int32_t>(j));
            out.values.push_back(static_cast<Value>(x(i, j)));
        }
        out.starts.push_back(static_cast<Index>(out.columns.size()));
    }
    return out;
}

/// Appended in blocks of 1, 2, … rows.
template <class Value>
StoredRows<Value> stored(const RowMatrix<double>& x, const RunOptions& run) {
    const auto rows = compressed<Value>(x);
    StoredRows<Value> out(x.cols(), run);
    for (Index begin = 0, step = 1; begin < x.rows(); begin += step++) {
        const Index end = std::min(x.rows(), begin + step);
        out.append(rows.row_block(begin, end), x.rows() - end);
    }
    return out;
}

/// Calls visit(name, matrix, exact): `exact` where the values are double, not rounded to float.
/// The values of x must be integers / 8, so that even float holds them exactly.
template <class Visit>
void each(const RowMatrix<double>& x, Visit&& visit) {
    const Index n = x.rows(), p = x.cols();
    visit("dense row-major", x);
    const Matrix<double> columns = x;
    visit("dense column-major", columns);
    const RowMatrix<float> narrow = x.cast<float>();
    visit("dense float", narrow);
    visit("Map", Eigen::Map<const RowMatrix<double>>(x.data(), n, p));
    visit("Ref", Eigen::Ref<const RowMatrix<double>>(x));
    visit("Ref of columns", Eigen::Ref<const Matrix<double>>(columns));

    RowMatrix<double> framed = RowMatrix<double>::Constant(n + 3, p + 5, 99);
    framed.block(2, 4, n, p) = x;
    visit("block", framed.block(2, 4, n, p));
    Matrix<double> framed_columns = framed;
    visit("block of columns", framed_columns.block(2, 4, n, p));

    // entries two apart: no inner stride of 1
    RowMatrix<double> spread = RowMatrix<double>::Constant(n, 2 * p, 99);
    for (Index j = 0; j < p; ++j) spread.col(2 * j) = x.col(j);
    const Eigen::Map<const RowMatrix<double>, Eigen::Unaligned, Eigen::Stride<Eigen::Dynamic, 2>>
        every_second(spread.data(), n, p, Eigen::Stride<Eigen::Dynamic, 2>(2 * p, 2));
    visit("inner stride", every_second);
    visit("expression", x + RowMatrix<double>::Zero(n, p));
    const Matrix<double> turned = x.transpose();
    visit("transpose", turned.transpose());

    const Eigen::SparseMatrix<double, Eigen::RowMajor> sparse = x.sparseView();
    visit("sparse", sparse);
    const Eigen::SparseMatrix<double> sparse_columns = x.sparseView();
    visit("sparse column-major", sparse_columns);
    const Eigen::SparseMatrix<float, Eigen::RowMajor> sparse_float = narrow.sparseView();
    visit("sparse float", sparse_float);
    const Eigen::SparseMatrix<double, Eigen::RowMajor, std::int64_t> wide(sparse);
    visit("sparse, 64-bit indices", wide);
    const Eigen::SparseMatrix<double, Eigen::ColMajor, std::int64_t> wide_columns(sparse);
    visit("sparse column-major, 64-bit indices", wide_columns);
    auto loose = sparse;
    loose.reserve(Eigen::VectorXi::Constant(n, 3));
    loose.uncompress();
    visit("uncompressed sparse", loose);
    visit("mapped sparse", Eigen::Map<const Eigen::SparseMatrix<double, Eigen::RowMajor>>(
                               n, p, sparse.nonZeros(), sparse.outerIndexPtr(),
                               sparse.innerIndexPtr(), sparse.valuePtr()));
    Eigen::SparseMatrix<double, Eigen::RowMajor> longer(n + 4, p);
    for (Index i = 0; i < n; ++i)
        for (Index j = 0; j < p; ++j)
            if (x(i, j) != 0) longer.insert(i + 3, j) = x(i, j);
    longer.makeCompressed();
    visit("rows of sparse", longer.middleRows(3, n));

    visit("CompressedRows", compressed<double>(x));
    visit("CompressedRows of float", compressed<float>(x));
    visit("DenseRows", DenseRows<double>{x});
    visit("StoredRows", stored<double>(x, {}));
    visit("StoredRows in a file", stored<double>(x, {.matrix_bytes = 12 * 50}));

    // subsets of something larger, in another order
    const auto order = RandomStream(5).permutation(n + 3);
    RowMatrix<double> shuffled = RowMatrix<double>::Constant(n + 3, p, 99);
    std::vector<Index> places(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i) {
        places[static_cast<std::size_t>(i)] = order[static_cast<std::size_t>(i)];
        shuffled.row(order[static_cast<std::size_t>(i)]) = x.row(i);
    }
    const DenseRows<double> shuffled_dense{shuffled};
    const auto shuffled_sparse = compressed<double>(shuffled);
    visit("RowSubset", select_rows(shuffled_dense, places));
    visit("RowSubset of sparse", select_rows(shuffled_sparse, places));

    const auto gene_order = RandomStream(6).permutation(p + 2);
    RowMatrix<double> more = RowMatrix<double>::Constant(n, p + 2, 99);
    std::vector<Index> genes;
    for (Index j = 0; j < p; ++j) {
        genes.push_back(gene_order[static_cast<std::size_t>(j)]);
        more.col(genes.back()) = x.col(j);
    }
    const DenseRows<double> more_dense{more};
    const auto more_sparse = compressed<double>(more);
    visit("GeneSubset", select_genes(more_dense, genes));
    const auto few_genes = select_genes(more_sparse, genes);
    visit("GeneSubset of sparse", few_genes);
    std::vector<Index> every(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i) every[static_cast<std::size_t>(i)] = i;
    visit("RowSubset of GeneSubset", select_rows(few_genes, every));
}

/// The same for whole numbers held as such; x must be integral.
template <class Visit>
void each_integer(const RowMatrix<double>& x, Visit&& visit) {
    const RowMatrix<int> dense = x.cast<int>();
    visit("dense int", dense);
    const Eigen::SparseMatrix<int, Eigen::RowMajor> sparse = dense.sparseView();
    visit("sparse int", sparse);
    const Eigen::SparseMatrix<std::uint16_t> columns =
        Eigen::Matrix<std::uint16_t, -1, -1>(x.cast<std::uint16_t>()).sparseView();
    visit("sparse 16 bits, column-major", columns);
    visit("CompressedRows of int", compressed<std::int32_t>(x));
    visit("DenseRows of int", DenseRows<int>{dense});
}

/// Entries k / 8 in [0, 8], many of them zero: exact in float, and so are short sums of them.
inline RowMatrix<double> eighths(Index rows, Index cols, double share, std::uint64_t seed) {
    RandomStream random(seed);
    RowMatrix<double> x = RowMatrix<double>::Zero(rows, cols);
    for (Index i = 0; i < rows; ++i)
        for (Index j = 0; j < cols; ++j)
            if (random.uniform() < share) x(i, j) = static_cast<double>(1 + random.below(64)) / 8;
    return x;
}

/// Densely, as the definition says (divisor n; genes that do not vary become zero).
inline Matrix<double> standardized_densely(const Matrix<double>& x) {
    Matrix<double> d = x.rowwise() - x.colwise().mean();
    for (Index j = 0; j < d.cols(); ++j) {
        const double deviation = std::sqrt(d.col(j).squaredNorm() / static_cast<double>(d.rows()));
        d.col(j) *= deviation > 1e-12 ? 1 / deviation : 0;
    }
    return d;
}

}  // namespace kinds
