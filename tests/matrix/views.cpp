#include "kinds.hpp"

#include <support/catch.hpp>

using namespace transst;

namespace {

double deviation(const Matrix<double>& found, const Matrix<double>& expected) {
    REQUIRE(found.rows() == expected.rows());
    REQUIRE(found.cols() == expected.cols());
    return (found - expected).cwiseAbs().maxCoeff();
}

/// What a matrix hands out, block by block.
template <class Rows>
Matrix<double> written_out(const Rows& rows) {
    Matrix<double> out = Matrix<double>::Zero(rows.rows(), rows.cols());
    for_each_entry(rows, 0, rows.rows(),
                   [&](Index i, Index j, auto value) { out(i, j) += static_cast<double>(value); });
    return out;
}

/// Through the sweep: X̃ itself.
template <class Rows>
Matrix<double> standardized_out(const Rows& rows) {
    return project<double>(rows, Matrix<double>::Identity(rows.cols(), rows.cols()));
}

}  // namespace

TEST_CASE("every type hands out the same entries") {
    const auto x = kinds::eighths(300, 9, 0.4, 2);
    kinds::each(x, [&](const char* kind, const auto& matrix) {
        CAPTURE(kind);
        CHECK(written_out(as_rows(matrix)) == x);
    });
    const RowMatrix<double> whole = 8 * x;
    kinds::each_integer(whole, [&](const char* kind, const auto& matrix) {
        CAPTURE(kind);
        CHECK(written_out(as_rows(matrix)) == whole);
    });
}

TEST_CASE("matrices are seen where they lie") {
    const RowMatrix<double> dense = kinds::eighths(9, 5, 0.5, 1);
    CHECK(as_rows(dense).row_block(2, 4).data() == dense.data() + 10);
    const Matrix<double> columns = dense;
    CHECK(as_rows(columns).row_block(2, 4).data() == columns.data() + 2);
    const Eigen::SparseMatrix<double, Eigen::RowMajor> sparse = dense.sparseView();
    CHECK(as_rows(sparse).row_block(2, 4).values == sparse.valuePtr());
}

TEST_CASE("gene sums, whatever the type") {
    const auto x = kinds::eighths(67, 23, 0.4, 1);
    const Vector<double> mean = x.colwise().mean().transpose();
    const Vector<double> squares = x.colwise().squaredNorm().transpose();
    const Vector<double> variance =
        (x.rowwise() - mean.transpose()).colwise().squaredNorm().transpose() / 67;
    kinds::each(x, [&](const char* kind, const auto& matrix) {
        CAPTURE(kind);
        const auto sums = gene_sums(as_rows(matrix), {}, "test");
        CHECK(sums.cells == 67);
        CHECK(deviation(sums.mean(), mean) < 1e-13);
        CHECK(deviation(sums.squares, squares) < 1e-11);
        CHECK(deviation(sums.variance(), variance) < 1e-12);
        CHECK(deviation(column_square_norms(as_rows(matrix), {}, "test"), squares) < 1e-11);
    });
}

TEST_CASE("gene sums by groups of rows, for any number of threads") {
    const auto x = support::sparse_values(3000, 8, 0.5, 3);
    // thirds: the first, the second, and one that is left out
    const auto group_of = [](Index i) { return i % 3 == 2 ? Index{-1} : i % 3; };
    const auto one = gene_sums_by(as_rows(x), 2, group_of, {.threads = 1}, "test");
    REQUIRE(one.size() == 2);
    for (Index g = 0; g < 2; ++g) {
        Vector<double> sum = Vector<double>::Zero(8), squares = sum;
        for (Index i = g; i < 3000; i += 3) {
            sum += x.row(i).transpose();
            squares += x.row(i).transpose().cwiseAbs2();
        }
        const auto& found = one[static_cast<std::size_t>(g)];
        CHECK(found.cells == 1000);
        CHECK(deviation(found.sum, sum) < 1e-9);
        CHECK(deviation(found.squares, squares) < 1e-9);
        for (const int threads : {2, 7}) {
            const auto other = gene_sums_by(as_rows(x), 2, group_of, {.threads = threads}, "test");
            CHECK(found.sum == other[static_cast<std::size_t>(g)].sum);
            CHECK(found.squares == other[static_cast<std::size_t>(g)].squares);
        }
    }
}

TEST_CASE("a gene that does not vary has no variance") {
    RowMatrix<double> x(1000, 3);
    x.col(0).setConstant(0.1);
    x.col(1).setConstant(1e9 / 3);
    x.col(2).setZero();
    CHECK(gene_sums(as_rows(x), {}, "test").variance() == Vector<double>::Zero(3));
}

TEST_CASE("what is not finite is named") {
    auto x = kinds::eighths(700, 6, 0.5, 4);
    const double bad = GENERATE(std::nan(""), std::numeric_limits<double>::infinity(),
                                -std::numeric_limits<double>::infinity());
    x(612, 4) = bad;
    kinds::each(x, [&](const char* kind, const auto& matrix) {
        CAPTURE(kind);
        CHECK_THROWS_AS(gene_sums(as_rows(matrix), {}, "caller"), BadData);
        CHECK_THROWS_WITH(gene_sums(as_rows(matrix), {}, "caller"),
                          support::contains("caller: X(612, 4) is "));
        CHECK_THROWS_AS(standardize(matrix), BadData);
    });
}

TEST_CASE("standardised lazily, whatever the type") {
    auto x = kinds::eighths(67, 23, 0.4, 1);
    x.col(3).setConstant(2.5);
    x.col(4).setZero();
    const auto expected = kinds::standardized_densely(x);
    const Vector<double> norms = expected.colwise().squaredNorm().transpose();
    kinds::each(x, [&](const char* kind, const auto& matrix) {
        CAPTURE(kind);
        const auto view = standardize(matrix);
        CHECK(deviation(standardized_out(view), expected) < 1e-12);
        CHECK(deviation(column_square_norms(view, {}, "test"), norms) < 1e-9);
        CHECK(norms[3] == 0);
    });
}

TEST_CASE("a mean of its own for each section") {
    const auto dense = kinds::eighths(60, 7, 0.5, 8);
    const auto sparse = kinds::compressed<double>(dense);
    Matrix<double> mean = RandomStream(1).normal_matrix(3, 7);
    const Vector<double> scale = RandomStream(2).normal_matrix(7, 1).cwiseAbs();
    std::vector<std::int32_t> section;
    Matrix<double> expected(60, 7);
    for (Index i = 0; i < 60; ++i) {
        section.push_back(static_cast<std::int32_t>(i * i % 3));
        expected.row(i) = (dense.row(i) - mean.row(section.back())).cwiseProduct(scale.transpose());
    }
    const Standardized view(sparse, mean, scale, section);
    CHECK(view.sections() == 3);
    CHECK(deviation(standardized_out(view), expected) < 1e-13);
    CHECK(deviation(column_square_norms(view, {}, "test"),
                    expected.colwise().squaredNorm().transpose()) < 1e-11);
    const auto swept = sweep<double>(view, Matrix<double>(7, 0), 2, NoState{}, {},
                                     [](NoState&, Index begin, auto, RowBlock<double> c) {
                                         for (Index i = 0; i < c.rows(); ++i)
                                             c.row(i) << 1, static_cast<double>(begin + i);
                                     });
    Matrix<double> c(60, 2);
    for (Index i = 0; i < 60; ++i) c.row(i) << 1, static_cast<double>(i);
    CHECK(deviation(swept.product, expected.transpose() * c) < 1e-10);

    // and some of its rows
    const std::vector<Index> chosen{59, 3, 3, 0, 17};
    const auto few = select_rows(view, chosen);
    CHECK(deviation(standardized_out(few), support::rows_of(expected, chosen)) < 1e-13);
}

TEST_CASE("subsets keep the order given") {
    const auto dense = kinds::eighths(30, 12, 0.5, 9);
    const auto sparse = kinds::compressed<double>(dense);
    const std::vector<Index> rows{29, 0, 7, 7, 3}, genes{11, 2, 0, 5};
    Matrix<double> few(5, 12), narrow(30, 4);
    for (Index i = 0; i < 5; ++i) few.row(i) = dense.row(rows[static_cast<std::size_t>(i)]);
    for (Index j = 0; j < 4; ++j) narrow.col(j) = dense.col(genes[static_cast<std::size_t>(j)]);
    const auto seen = as_rows(dense);
    CHECK(written_out(select_rows(seen, rows)) == few);
    CHECK(written_out(select_rows(sparse, rows)) == few);
    CHECK(written_out(select_genes(seen, genes)) == narrow);
    CHECK(written_out(select_genes(sparse, genes)) == narrow);
    CHECK(select_rows(sparse, {}).rows() == 0);
    CHECK(select_genes(sparse, {}).cols() == 0);
}

TEST_CASE("rows beyond the limit of memory are read back from a file") {
    const auto x = kinds::eighths(2000, 40, 0.3, 12);
    const auto expected = kinds::compressed<float>(x);
    const auto entries = std::ssize(expected.values);
    for (const Index limit : {entries * 8, entries * 8 - 1, entries, Index{1}}) {
        const auto kept = kinds::stored<float>(x, {.matrix_bytes = limit});
        CHECK(kept.in_file() == (limit < entries * 8));
        CHECK(kept.non_zeros() == entries);
        CHECK(written_out(kept) == x);
        const auto same = kept;  // copies see the same entries
        for (const auto& [begin, end] : {std::pair<Index, Index>{0, 2000},
                                         {3, 3},
                                         {1999, 2000},
                                         {17, 1234},
                                         {0, 1},
                                         {2000, 2000}}) {
            const auto block = same.row_block(begin, end);
            const auto seen = detail::view(block);
            REQUIRE(seen.rows == end - begin);
            const auto first = expected.starts[static_cast<std::size_t>(begin)];
            for (Index i = 0; i <= seen.rows; ++i)
                REQUIRE(seen.starts[i] - seen.starts[0] ==
                        expected.starts[static_cast<std::size_t>(begin + i)] - first);
            for (Index e = seen.starts[0]; e < seen.starts[seen.rows]; ++e) {
                const auto at = static_cast<std::size_t>(first + e - seen.starts[0]);
                REQUIRE(seen.columns[e] == expected.columns[at]);
                REQUIRE(seen.values[e] == expected.values[at]);
            }
        }
        // the sweep is the same, bit for bit, wherever the rows lie
        const Matrix<double> a = RandomStream(3).normal_matrix(40, 9);
        CHECK(project<float>(kept, a, {.threads = 3}) == project<float>(expected, a));
    }
    CHECK_THROWS_WITH(kinds::stored<float>(x, {.matrix_bytes = 1, .scratch = "/nowhere/at/all"}),
                      support::contains("/nowhere/at/all: no scratch file can be made"));
}

TEST_CASE("a part is copied as it is standardised in the whole") {
    const auto dense = kinds::eighths(3000, 9, 0.4, 21);
    const Matrix<double> mean = RandomStream(1).normal_matrix(2, 9);
    const Vector<double> scale = RandomStream(2).normal_matrix(9, 1).cwiseAbs();
    std::vector<std::int32_t> section;
    for (Index i = 0; i < 3000; ++i) section.push_back(i < 1000 ? 0 : 1);
    std::vector<Index> rows, genes{0, 3, 4, 8};
    for (Index i = 0; i < 3000; ++i)
        if (i < 2100 || i % 3 == 0) rows.push_back(i);
    const auto check = [&](auto whole) {
        const Standardized seen(std::move(whole), mean, scale, section);
        const Matrix<double> expected = standardized_out(seen);
        const auto part = copy_part(seen, rows, genes, {.matrix_bytes = 5000});
        REQUIRE(part.rows() == std::ssize(rows));
        CHECK(standardized_out(part) ==
              Matrix<double>(expected(rows, Eigen::all)(Eigen::all, genes)));
        CHECK_THROWS_WITH(copy_part(seen, {0, 3000}, genes),
                          support::contains("row 3000 does not exist"));
        CHECK_THROWS_WITH(copy_part(seen, {0}, {9}), support::contains("gene 9 does not exist"));
    };
    check(kinds::compressed<double>(dense));
    check(DenseRows<double>{dense});
}

TEST_CASE("subsets and views refuse what does not fit") {
    const auto x = kinds::compressed<double>(kinds::eighths(6, 4, 0.5, 1));
    CHECK_THROWS_AS(select_rows(x, {0, 6}), InvalidArgument);
    CHECK_THROWS_WITH(select_rows(x, {0, 6}), support::contains("row 6 does not exist"));
    CHECK_THROWS_WITH(select_rows(x, {-1}), support::contains("row -1 does not exist"));
    CHECK_THROWS_WITH(select_genes(x, {4}), support::contains("gene 4 does not exist"));
    CHECK_THROWS_WITH(select_genes(x, {1, 2, 1}), support::contains("gene 1 is chosen twice"));

    using View = Standardized<CompressedRows<double>>;
    const Matrix<double> mean = Matrix<double>::Zero(1, 4);
    const Vector<double> scale = Vector<double>::Ones(4);
    CHECK_NOTHROW(View(x, mean, scale));
    CHECK_THROWS_AS(View(x, Matrix<double>::Zero(1, 3), scale), ShapeMismatch);
    CHECK_THROWS_AS(View(x, mean, Vector<double>::Ones(5)), ShapeMismatch);
    CHECK_THROWS_AS(View(x, Matrix<double>::Zero(2, 4), scale), ShapeMismatch);
    CHECK_THROWS_AS(View(x, mean, scale, {0, 0, 0}), ShapeMismatch);
    CHECK_THROWS_AS(View(x, mean, scale, {0, 0, 0, 1, 0, 0}), InvalidArgument);
    CHECK_THROWS_AS(View(x, mean, scale, {0, 0, 0, -1, 0, 0}), InvalidArgument);
}
