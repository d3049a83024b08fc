#include "io/temp_folder.hpp"
#include "support/catch.hpp"

#include <transst/core/random.hpp>
#include <transst/io/folder.hpp>

#include <Eigen/SparseCore>

using namespace transst;
using support::TempFolder;

namespace {

/// Two cells × three genes.
Sample<RowMatrix<double>> sample() {
    Sample<RowMatrix<double>> out;
    out.expression.resize(2, 3);
    out.expression << 5, 0, 2, 0, 1, 0;
    out.genes = {"g1", "g2", "g3"};
    return out;
}

template <class Expression>
std::string write_error(const Sample<Expression>& wrong) {
    const TempFolder folder;
    const auto write = [&] { write_folder(folder.path, wrong); };
    const auto error = support::error_of<Error>(folder, write);
    CHECK(folder.files() == 0);
    return error;
}

}  // namespace

TEST_CASE("what is written has the layout of 10x") {
    const TempFolder folder;
    auto all = sample();
    all.symbols = {"ONE", "TWO", "THREE"};
    all.barcodes = {"a", "b"};
    all.labels = {"NA", "white matter"};
    all.sections = {"", "s"};
    all.coordinates.resize(2, 2);
    all.coordinates << 0.1, 2, std::nan(""), -1e300;
    write_folder(folder.path / "new", all, {.gzip = false});
    CHECK(folder.get("new/matrix.mtx") ==
          "%%MatrixMarket matrix coordinate integer general\n"
          "3 2 3\n1 1 5\n3 1 2\n2 2 1\n");
    CHECK(folder.get("new/genes.tsv") == "g1\tONE\ng2\tTWO\ng3\tTHREE\n");
    CHECK(folder.get("new/barcodes.tsv") == "a\nb\n");
    CHECK(folder.get("new/cells.tsv") ==
          "barcode\tx\ty\tlabel\tsection\n"
          "a\t0.1\t2\tNA\tNA\nb\tNA\t-1e+300\twhite matter\ts\n");
}

TEST_CASE("a sample of nothing but expression is written with names") {
    const TempFolder folder;
    write_folder(folder.path, sample());
    CHECK(folder.files() == 4);
    CHECK(folder.get("cells.tsv") ==
          "barcode\tx\ty\tlabel\tsection\n"
          "cell_1\tNA\tNA\tNA\tNA\ncell_2\tNA\tNA\tNA\tNA\n");
    const auto read = read_folder(folder.path);
    CHECK(read.symbols == read.genes);
    CHECK(read.coordinates.size() == 0);
}

TEST_CASE("written samples read back the same, bit for bit") {
    RandomStream random(3);
    Sample<CompressedRows<float>> all;
    auto& x = all.expression;
    x.genes = 700;
    for (Index i = 0; i < 500; ++i) {
        for (std::int32_t j = 0; j < 700; ++j) {
            if (random.uniform() < 0.5) continue;
            x.columns.push_back(j);
            x.values.push_back(static_cast<float>(random.normal() * std::exp(8 * random.normal())));
        }
        x.starts.push_back(static_cast<Index>(x.columns.size()));
        all.barcodes.push_back(text("b", i));
        all.labels.push_back(i % 3 == 0 ? "NA" : text("label ", i % 3));
        all.sections.push_back(text("s", i % 2));
    }
    for (Index j = 0; j < x.genes; ++j) all.genes.push_back(text("g", j));
    all.symbols = all.genes;
    all.coordinates = random.normal_matrix(500, 2);
    for (const bool log : {true, false}) {
        for (const bool gzip : {true, false}) {
            all.values = log ? Values::log_expression : Values::counts;
            if (!log)
                for (float& value : x.values) value = std::ceil(std::min(std::abs(value), 1e9f));
            const TempFolder folder;
            write_folder(folder.path, all, {.gzip = gzip});
            const auto read = read_folder(folder.path);
            CHECK(read.expression.genes == x.genes);
            CHECK(read.expression.starts == x.starts);
            CHECK(read.expression.columns == x.columns);
            CHECK(read.expression.values == x.values);
            CHECK(read.values == all.values);
            CHECK(read.genes == all.genes);
            CHECK(read.symbols == all.symbols);
            CHECK(read.barcodes == all.barcodes);
            CHECK(read.labels == all.labels);
            CHECK(read.sections == all.sections);
            CHECK(read.coordinates == all.coordinates);
            const auto banner = folder.get("matrix.mtx").substr(0, 37);
            if (!gzip)
                CHECK(banner == (log ? "%%MatrixMarket matrix coordinate real"
                                     : "%%MatrixMarket matrix coordinate inte"));
        }
    }
}

TEST_CASE("every kind of expression is written alike") {
    RandomStream random(5);
    const RowMatrix<double> rows = random.normal_matrix(300, 7).cwiseMax(0);
    const auto written = [](const auto& x) {
        const TempFolder folder;
        Sample<std::remove_cvref_t<decltype(x)>> all;
        all.expression = x;
        for (Index j = 0; j < 7; ++j) all.genes.push_back(text(j));
        write_folder(folder.path, all, {.gzip = false});
        return folder.get("matrix.mtx");
    };
    const auto wanted = written(rows);
    CHECK(written(Matrix<double>(rows)) == wanted);
    CHECK(written(Eigen::SparseMatrix<double>(rows.sparseView())) == wanted);
    CHECK(written(Eigen::SparseMatrix<double, Eigen::RowMajor>(rows.sparseView())) == wanted);
}

TEST_CASE("what could not be read back is not written") {
    auto wrong = sample();
    wrong.expression(1, 2) = -1;
    CHECK(write_error(wrong) ==
          "write_folder: the value of cell 2 and gene 3 is -1; counts must be 0 or more");
    wrong.values = Values::log_expression;
    wrong.expression(1, 2) = std::nan("");
    CHECK(write_error(wrong) ==
          "write_folder: the value of cell 2 and gene 3 is nan; it must be finite");
    wrong = sample();
    wrong.genes[1] = "g\t2";
    CHECK(write_error(wrong) ==
          "write_folder: \"g 2\" has a tab or a line end in it, which a "
          "table cannot hold");
}

TEST_CASE("what is written must fit together") {
    auto wrong = sample();
    wrong.genes.pop_back();
    CHECK(write_error(wrong) == "write_folder: genes has 2 entries, expression needs 3");
    wrong = sample();
    wrong.labels = {"one"};
    CHECK(write_error(wrong) == "write_folder: labels has 1 entries, expression needs 2");
    wrong = sample();
    wrong.coordinates.setZero(2, 3);
    CHECK(write_error(wrong) == "write_folder: coordinates are 2 x 3, expression needs 2 x 2");
}

TEST_CASE("a folder that would hold two matrices is left as it is") {
    const TempFolder folder;
    folder.put("matrix.mtx", "mine");
    CHECK(support::error_of(folder, [&] { write_folder(folder.path, sample()); }) ==
          ": already holds matrix.mtx: remove it or write to another folder");
    CHECK(folder.files() == 1);
}

TEST_CASE("a folder that cannot be made is an error") {
    const TempFolder folder;
    folder.put("file", "x");
    CHECK(support::error_of(folder, [&] {
              write_folder(folder.path / "file", sample());
          }).starts_with("file: cannot be "));
    CHECK(support::error_of(folder, [&] {
              write_folder(folder.path / "file/in", sample());
          }).starts_with("file/in: cannot be made: "));
    CHECK(folder.get("file") == "x");
}
