#include "matrix/kinds.hpp"

#include <transst/matrix/sweep.hpp>
#include <transst/preprocess/join_sections.hpp>

#include <Eigen/SparseCore>

#include <support/catch.hpp>

using namespace transst;
using support::contains;

namespace {

using Dense = RowMatrix<double>;
using Words = std::vector<std::string>;

/// Entry (i, j) tells where it came from: 100 · base + 10 i + j, zero on the diagonal.
Dense numbered(Index n, Index p, double base) {
    Dense out(n, p);
    for (Index i = 0; i < n; ++i)
        for (Index j = 0; j < p; ++j) out(i, j) = i == j ? 0 : 100 * base + double(10 * i + j);
    return out;
}

Sample<CompressedRows<float>> first() {
    return {.expression = kinds::compressed<float>(numbered(2, 4, 1)),
            .genes = {"a", "b", "c", "d"},
            .symbols = {"A", "B", "C", "D"},
            .barcodes = {"x", "y"},
            .labels = {"t", "NA"},
            .coordinates = Dense{{0, 0}, {1, 0}},
            .name = "one"};
}

/// Genes in another order, one of them its own; two sections, one barcode as the first has it.
Sample<CompressedRows<float>> second() {
    return {.expression = kinds::compressed<float>(numbered(3, 4, 2)),
            .genes = {"d", "e", "a", "c"},
            .barcodes = {"y", "u", "v"},
            .sections = {"l", "r", "r"},
            .coordinates = Dense{{0, 5}, {1, 6}, {2, 7}},
            .name = "two"};
}

/// What the common genes a, c and d hold.
Dense expected() {
    const Dense one = numbered(2, 4, 1), two = numbered(3, 4, 2);
    Dense out(5, 3);
    out.topRows(2) << one.col(0), one.col(2), one.col(3);
    out.bottomRows(3) << two.col(2), two.col(3), two.col(0);
    return out;
}

}  // namespace

TEST_CASE("joined sections: common genes, in the order of the first, every spot once") {
    const auto one = first(), two = second();
    const std::int64_t bytes = GENERATE(0, 8);
    const auto joined = join_sections(std::vector{one, two}, {.matrix_bytes = bytes});
    CHECK(joined.name == "one and two");
    CHECK(joined.genes == Words{"a", "c", "d"});
    CHECK(joined.symbols == Words{"A", "C", "D"});
    CHECK(joined.sections == Words{"one", "one", "l", "r", "r"});
    CHECK(joined.barcodes == Words{"one:x", "one:y", "two:y", "two:u", "two:v"});
    CHECK(joined.labels == Words{"t", "NA", "NA", "NA", "NA"});
    CHECK(joined.coordinates == Dense{{0, 0}, {1, 0}, {0, 5}, {1, 6}, {2, 7}});
    CHECK(joined.expression.in_file() == (bytes > 0));
    const auto block = joined.expression.row_block(0, 5);
    const auto rows = detail::view(block);
    Dense found = Dense::Zero(5, 3);
    for (Index i = 0; i < 5; ++i)
        for (Index e = rows.starts[i]; e < rows.starts[i + 1]; ++e) {
            if (e > rows.starts[i]) CHECK(rows.columns[e] > rows.columns[e - 1]);
            found(i, rows.columns[e]) = rows.values[e];
        }
    CHECK(found == expected());
}

TEST_CASE("joined sections: what not every sample has, and barcodes that differ") {
    auto one = first(), two = second();
    two.barcodes = {"p", "q", "r"};
    two.coordinates.resize(0, 0);
    two.values = one.values = Values::log_expression;
    one.labels.clear();
    const auto joined = join_sections(std::vector{one, two});
    CHECK(joined.barcodes == Words{"x", "y", "p", "q", "r"});
    CHECK(joined.coordinates.rows() == 0);
    CHECK(joined.labels.empty());
    CHECK(joined.values == Values::log_expression);
    one.sections = {"r", "s"};
    CHECK(join_sections(std::vector{one, two}).sections ==
          Words{"one:r", "one:s", "two:l", "two:r", "two:r"});
    two.barcodes.clear();
    CHECK(join_sections(std::vector{one, two}).barcodes.empty());
}

TEST_CASE("joined sections: symbols of the first that has them, and matching by them") {
    auto one = first(), two = second();
    one.symbols.clear();
    two.symbols = {"D", "E", "A", "C"};
    CHECK(join_sections(std::vector{one, two}).symbols == Words{"A", "C", "D"});
    two.genes = {"4", "5", "1", "3"};
    two.symbols = {"d", "e", "a", "c"};
    const auto joined = join_sections(std::vector{one, two});
    CHECK(joined.genes == Words{"a", "c", "d"});
    CHECK(project<double>(joined.expression, Matrix<double>::Identity(3, 3)) == expected());
}

TEST_CASE("joined sections: Eigen's own matrices") {
    using Counts = Eigen::SparseMatrix<float, Eigen::RowMajor>;
    const Sample<Counts> one{.expression = numbered(2, 4, 1).cast<float>().sparseView(),
                             .genes = {"a", "b", "c", "d"},
                             .name = "one"},
        two{.expression = numbered(3, 4, 2).cast<float>().sparseView(),
            .genes = {"d", "e", "a", "c"},
            .name = "two"};
    const auto joined = join_sections(std::vector{one, two});
    CHECK(project<double>(joined.expression, Matrix<double>::Identity(3, 3)) == expected());
    const Sample<Dense> left{
        .expression = numbered(2, 4, 1), .genes = {"a", "b", "c", "d"}, .name = "one"};
    CHECK(join_sections(std::vector{left}).expression.values == left.expression);
}

TEST_CASE("joined sections: dense stays dense, one sample stays itself") {
    const Sample<DenseRows<double>> one{
        .expression = {numbered(2, 4, 1)}, .genes = {"a", "b", "c", "d"}, .name = "one"},
        two{.expression = {numbered(3, 4, 2)}, .genes = {"d", "e", "a", "c"}, .name = "two"};
    CHECK(join_sections(std::vector{one, two}).expression.values == expected());
    const auto alone = join_sections(std::vector{one});
    CHECK(alone.expression.values == one.expression.values);
    CHECK(alone.genes == one.genes);
}

TEST_CASE("joined sections: what cannot be joined is refused in words") {
    const auto one = first();
    CHECK_THROWS_AS(join_sections(std::vector<Sample<CompressedRows<float>>>{}), InvalidArgument);
    CHECK_THROWS_WITH(join_sections(std::vector{one, one}), contains("called 'one'"));
    auto other = second();
    other.values = Values::log_expression;
    CHECK_THROWS_WITH(join_sections(std::vector{one, other}), contains("log expression"));
    other = second();
    other.genes = {"q", "r", "s", "t"};
    CHECK_THROWS_WITH(join_sections(std::vector{one, other}), contains("no gene in common"));
    other = second();
    other.coordinates = Dense::Zero(3, 3);
    CHECK_THROWS_AS(join_sections(std::vector{one, other}), ShapeMismatch);
    other.coordinates = Dense::Zero(2, 2);
    CHECK_THROWS_WITH(join_sections(std::vector{one, other}), contains("rows of coordinates"));
    other = second();
    other.genes.pop_back();
    CHECK_THROWS_AS(join_sections(std::vector{one, other}), ShapeMismatch);
}
