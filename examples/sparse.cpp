// Sparse expression stays sparse: standardising is applied as the matrix is swept over. Row-major
// matrices are used where they lie; Eigen's default order, column-major, is turned round once.
#include <transst/matrix/standardized.hpp>
#include <transst/reduce/truncated_svd.hpp>
#include <transst/simulate/tissue.hpp>

#include <Eigen/SparseCore>

#include <cmath>
#include <iostream>

int main() {
    const auto tissue =
        transst::TissueSimulation{{.height = 20, .width = 20, .genes = 100, .library_size = 60}}
            .counts();
    const auto& counts = tissue.source.expression;  // the library's own type, CompressedRows<float>
    std::cout << counts.rows() << " x " << counts.cols() << ", "
              << 100 * counts.non_zeros() / (counts.rows() * counts.cols()) << " % not zero\n";

    Eigen::SparseMatrix<float, Eigen::RowMajor> rows(counts.rows(), counts.cols());
    transst::for_each_entry(counts, 0, counts.rows(), [&](auto cell, auto gene, float count) {
        rows.insert(cell, gene) = std::log1p(count);
    });
    rows.makeCompressed();
    const Eigen::SparseMatrix<float> columns = rows;

    const transst::TruncatedSVD svd{{.factors = 3}};
    std::cout << svd.fit(transst::standardize(rows)).singular_values.transpose() << " by rows\n"
              << svd.fit(transst::standardize(columns)).singular_values.transpose()
              << " by columns\n";
}
