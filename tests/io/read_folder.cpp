#include "io/dense.hpp"
#include "io/temp_folder.hpp"
#include "support/catch.hpp"

#include <transst/core/random.hpp>
#include <transst/io/folder.hpp>

using namespace transst;
using support::dense, support::small_matrix, support::TempFolder;

namespace {

const std::string matrix = "%%MatrixMarket matrix coordinate integer general\n";
const std::string small = matrix + "3 2 4\n1 1 5\n3 1 2\n1 2 7\n2 2 1\n";

/// Three genes, two cells.
void fill(const TempFolder& folder, const std::string& market = small) {
    folder.put("matrix.mtx", market);
    folder.put("genes.tsv", "g1\tONE\ng2\tTWO\ng3\tTHREE\n");
    folder.put("barcodes.tsv", "a\nb\n");
}

bool rising(const CompressedRows<float>& x) {
    for (std::size_t i = 0; i + 1 < x.starts.size(); ++i)
        for (auto e = static_cast<std::size_t>(x.starts[i]) + 1;
             e < static_cast<std::size_t>(x.starts[i + 1]); ++e)
            if (x.columns[e] <= x.columns[e - 1]) return false;
    return true;
}

std::string market_error(const std::string& market) {
    const TempFolder folder;
    fill(folder, market);
    return support::error_of(folder, [&] { (void)read_folder(folder.path); });
}

std::string table_error(const std::string& name, const std::string& content) {
    const TempFolder folder;
    fill(folder);
    folder.put(name, content);
    return support::error_of(folder, [&] { (void)read_folder(folder.path); });
}

}  // namespace

TEST_CASE("a folder of plain files is read") {
    const TempFolder folder;
    fill(folder);
    const auto sample = read_folder(folder.path);
    CHECK(dense(sample.expression) == small_matrix());
    CHECK(sample.expression.non_zeros() == 4);
    CHECK(sample.genes == std::vector<std::string>{"g1", "g2", "g3"});
    CHECK(sample.symbols == std::vector<std::string>{"ONE", "TWO", "THREE"});
    CHECK(sample.barcodes == std::vector<std::string>{"a", "b"});
    CHECK(sample.labels.empty());
    CHECK(sample.sections.empty());
    CHECK(sample.coordinates.size() == 0);
    CHECK(sample.values == Values::counts);
    CHECK(sample.name == folder.path.filename().string());
    CHECK(read_folder(folder.path / "").name == sample.name);
}

TEST_CASE("a folder of gzip files in the newer layout is read") {
    const TempFolder folder;
    folder.put_gzip("matrix.mtx.gz", small);
    folder.put_gzip("features.tsv.gz",
                    "g1\tONE\tGene Expression\ng2\tTWO\tGene Expression\n"
                    "g3\tTHREE\tGene Expression\n");
    folder.put_gzip("barcodes.tsv.gz", "a\nb\n");
    folder.put_gzip("cells.tsv.gz", "barcode\tx\ty\na\t1\t2\nb\t3\t4\n");
    const auto sample = read_folder(folder.path);
    CHECK(dense(sample.expression) == small_matrix());
    CHECK(sample.symbols[2] == "THREE");
    CHECK(sample.coordinates(1, 0) == 3);
}

TEST_CASE("of several feature types only genes are kept") {
    const TempFolder folder;
    fill(folder);
    std::filesystem::remove(folder.path / "genes.tsv");
    folder.put("features.tsv",
               "g1\tONE\tGene Expression\nCD3\tCD3\tAntibody Capture\n"
               "g3\tTHREE\tGene Expression\n");
    auto sample = read_folder(folder.path);
    Matrix<float> kept(2, 2);
    kept << 5, 2, 7, 0;
    CHECK(dense(sample.expression) == kept);
    CHECK(sample.genes == std::vector<std::string>{"g1", "g3"});
    CHECK(sample.symbols == std::vector<std::string>{"ONE", "THREE"});

    folder.put("features.tsv", "p1\tP\tPeaks\np2\tP\tPeaks\np3\tP\tPeaks\n");
    sample = read_folder(folder.path);
    CHECK(dense(sample.expression) == small_matrix());

    folder.put("features.tsv", "p1\tP\tPeaks\np2\tP\tPeaks\np3\tP\tOther\n");
    CHECK(support::error_of(folder, [&] { (void)read_folder(folder.path); }) ==
          "features.tsv:3: expected genes, found none of type Gene Expression, but of type Peaks");
    folder.put("features.tsv",
               "p1\tP\tAntibody Capture\np2\tP\tAntibody Capture\np3\tP\tAntibody Capture\n");
    CHECK(support::error_of(folder, [&] { (void)read_folder(folder.path); }) ==
          "features.tsv:3: expected genes, found none of type Gene Expression, but of type "
          "Antibody Capture");
}

TEST_CASE("lines may end as on Windows, and the last one not at all") {
    const TempFolder folder;
    folder.put("matrix.mtx",
               "%%MatrixMarket matrix coordinate integer general\r\n"
               "%transst: log expression\r\n\r\n"
               "3 2 4\r\n1 1 5\r\n3 1 2\r\n1 2 7\r\n2 2 1");
    folder.put("genes.tsv", "\xEF\xBB\xBFg1\tONE\r\ng2\tTWO\r\ng3\tTHREE");
    folder.put("barcodes.tsv", "a\r\nb\r\n");
    folder.put("cells.tsv", "barcode\tlabel\r\na\tL1\r\nb\t\r\n");
    const auto sample = read_folder(folder.path);
    CHECK(dense(sample.expression) == small_matrix());
    CHECK(sample.values == Values::log_expression);
    CHECK(sample.genes[0] == "g1");
    CHECK(sample.symbols[2] == "THREE");
    CHECK(sample.barcodes[1] == "b");
    CHECK(sample.labels == std::vector<std::string>{"L1", "NA"});
}

TEST_CASE("entries may come in any order") {
    const std::string header = matrix + "3 2 4\n";
    for (const std::string entries : {"3 1 2\n1 1 5\n2 2 1\n1 2 7\n",  // genes fall, as in 10x v2
                                      "1 1 5\n1 2 7\n2 2 1\n3 1 2\n",  // by gene
                                      "2 2 1\n3 1 2\n1 2 7\n1 1 5\n"}) {  // mixed
        const TempFolder folder;
        fill(folder, header + entries);
        const auto sample = read_folder(folder.path);
        CHECK(dense(sample.expression) == small_matrix());
        CHECK(rising(sample.expression));
    }
}

TEST_CASE("many entries in random order become the same matrix as in order") {
    constexpr Index cells = 300, genes = 400;
    RandomStream random(7);
    std::vector<std::string> lines;
    Matrix<float> truth = Matrix<float>::Zero(cells, genes);
    for (Index i = 0; i < cells; ++i)
        for (Index j = 0; j < genes; ++j) {
            if (random.uniform() < 0.7) continue;
            truth(i, j) = static_cast<float>(1 + random.below(50));
            lines.push_back(text(j + 1, " ", i + 1, " ", truth(i, j), "\n"));
        }
    const TempFolder folder;
    std::string names;
    for (Index j = 0; j < genes; ++j) names += text("g", j, "\n");
    folder.put("genes.tsv", names);
    names.clear();
    for (Index i = 0; i < cells; ++i) names += text("c", i, "\n");
    folder.put("barcodes.tsv", names);
    const auto order = random.permutation(static_cast<Index>(lines.size()));
    for (const bool shuffled : {false, true}) {
        std::string market = matrix + text(genes, " ", cells, " ", lines.size(), "\n");
        for (std::size_t e = 0; e < lines.size(); ++e)
            market += lines[shuffled ? static_cast<std::size_t>(order[e]) : e];
        folder.put("matrix.mtx", market);
        const auto sample = read_folder(folder.path);
        CHECK(sample.expression.non_zeros() == static_cast<Index>(lines.size()));
        CHECK(rising(sample.expression));
        CHECK(dense(sample.expression) == truth);
        CHECK(sample.symbols[3] == "g3");  // the id where the file has no symbols

        // and where memory is limited, from a file, if it comes in the order of the cells
        for (const std::int64_t bytes : {100'000, 8}) {
            const ReadOptions limited{.matrix_bytes = bytes, .scratch = folder.path.string()};
            if (shuffled) {
                CHECK_THROWS_WITH(read_folder_file(folder.path, limited),
                                  support::contains("expected entries in the order of the cells, "
                                                    "since they do not fit into the memory"));
                continue;
            }
            const auto file = read_folder_file(folder.path, limited);
            CHECK(file.sample.expression.in_file());
            CHECK(dense(file.sample.expression) == truth);
            CHECK_THROWS_WITH(read_folder(folder.path, limited),
                              support::contains("allow more memory"));
        }
        const auto enough = read_folder_file(folder.path, {.matrix_bytes = 20 * std::ssize(lines)});
        CHECK_FALSE(enough.sample.expression.in_file());
        CHECK(dense(enough.sample.expression) == truth);
        const auto files = std::distance(std::filesystem::directory_iterator(folder.path), {});
        CHECK(files == 3);  // no scratch file is left behind
    }
}

TEST_CASE("explicit zeros are dropped, real values kept") {
    const TempFolder folder;
    fill(folder,
         "%%MatrixMarket matrix coordinate real general\n%\n% a comment\n"
         "3 2 3\n1\t1   0.25 \n2 1 0\n\n3 2 1.5e2\n\n");
    const auto x = read_folder(folder.path).expression;
    CHECK(x.non_zeros() == 2);
    CHECK(dense(x)(0, 0) == 0.25f);
    CHECK(dense(x)(1, 2) == 150.0f);
}

TEST_CASE("numbers are counts or log expression by their look, the header or the options") {
    const TempFolder folder;
    const auto values = [&](const std::string& mark, const std::string& value,
                            const ReadOptions& options = {}) {
        fill(folder, "%%MatrixMarket matrix coordinate real general\n" + mark + "3 2 2\n1 1 " +
                         value + "\n2 2 3\n");
        return read_folder(folder.path, options).values;
    };
    constexpr auto log = Values::log_expression, counts = Values::counts;
    CHECK(values("", "1.5") == log);
    CHECK(values("", "7") == counts);
    CHECK(values("", "50.5") == counts);
    CHECK(values("%transst: counts\n", "1.5") == counts);
    CHECK(values("%transst: log expression\n", "7") == log);
    CHECK(values("", "1.5", {.values = counts}) == counts);
    CHECK(values("", "7", {.values = log}) == log);
    CHECK(values("%transst: log expression\n", "1.5", {.values = counts}) == counts);
    CHECK(values("", "-1.5", {.values = log}) == log);
    CHECK(support::error_of(folder, [&] {
              values("", "-1.5", {.values = counts});
          }).starts_with("matrix.mtx:3: expected a count, 0 or more"));
}

TEST_CASE("the header says that values are on a log scale") {
    const TempFolder folder;
    fill(folder,
         "%%MatrixMarket matrix coordinate real general\n%transst: log expression\n"
         "3 2 2\n1 1 -0.5\n2 2 1e-42\n");
    const auto sample = read_folder(folder.path);
    CHECK(sample.values == Values::log_expression);
    CHECK(dense(sample.expression)(0, 0) == -0.5f);
    CHECK(dense(sample.expression)(1, 1) == 1e-42f);
}

TEST_CASE("cells are matched by barcode and columns by name") {
    const TempFolder folder;
    fill(folder);
    folder.put("cells.tsv",
               "section\textra\ty\tbarcode\tlabel\tx\ttype\n"
               "s1\t?\t4\tb\tNA\t3\tT\n"
               "\t?\t2\ta\tL1\tNA\tB\n");
    auto sample = read_folder(folder.path, {.stretch_x = 10, .stretch_y = 0.5});
    CHECK(sample.labels == std::vector<std::string>{"L1", "NA"});
    CHECK(sample.sections == std::vector<std::string>{"NA", "s1"});
    CHECK(std::isnan(sample.coordinates(0, 0)));
    CHECK(sample.coordinates(0, 1) == 1);
    CHECK(sample.coordinates(1, 0) == 30);
    CHECK(sample.coordinates(1, 1) == 2);
    sample = read_folder(folder.path, {.label_column = "type"});
    CHECK(sample.labels == std::vector<std::string>{"B", "T"});
    CHECK(support::error_of(folder,
                            [&] { (void)read_folder(folder.path, {.label_column = "layer"}); }) ==
          "cells.tsv:1: expected a column named layer, found "
          "\"section extra y barcode label x type\"");
}

TEST_CASE("columns that are missing in every cell count as absent") {
    const TempFolder folder;
    fill(folder);
    folder.put("cells.tsv", "barcode\tx\ty\tlabel\tsection\na\tNA\tNA\tNA\t\nb\tNA\tNA\t\tNA\n");
    const auto sample = read_folder(folder.path);
    CHECK(sample.coordinates.size() == 0);
    CHECK(sample.labels.empty());
    CHECK(sample.sections.empty());
}

TEST_CASE("a folder that lacks something says what was looked for") {
    const TempFolder folder;
    const auto error = [&] {
        return support::error_of(folder, [&] { (void)read_folder(folder.path); });
    };
    CHECK(error() == ": expected one of matrix.mtx, matrix.mtx.gz, found none of them");
    folder.put("matrix.mtx", small);
    CHECK(error() ==
          ": expected one of genes.tsv, genes.tsv.gz, features.tsv, features.tsv.gz, "
          "found none of them");
    folder.put("genes.tsv", "g1\ng2\ng3\n");
    CHECK(error() == ": expected one of barcodes.tsv, barcodes.tsv.gz, found none of them");
    folder.put("barcodes.tsv", "a\nb\n");
    CHECK(error().empty());
    folder.put_gzip("matrix.mtx.gz", small);
    CHECK(error() == ": expected one of matrix.mtx and matrix.mtx.gz, found both: remove one");
}

TEST_CASE("a folder that is none is an error") {
    const TempFolder folder;
    folder.put("file", "x");
    const auto error = [&](const char* name) {
        return support::error_of(folder, [&] { (void)read_folder(folder.path / name); });
    };
    CHECK(error("nowhere") ==
          "nowhere: expected a folder with matrix, genes and barcodes, found nothing");
    CHECK(error("file") ==
          "file: expected a folder with matrix, genes and barcodes, found something else");
}

TEST_CASE("stretches must be positive") {
    const TempFolder folder;
    CHECK(support::error_of<InvalidArgument>(folder, [&] {
              (void)read_folder(folder.path, {.stretch_y = 0});
          }) == "read_folder: stretch_x and stretch_y must be positive, got 0");
}

TEST_CASE("an empty file is an error") {
    CHECK(market_error("") == "matrix.mtx:1: expected text, found an empty file");
    CHECK(table_error("genes.tsv", "") == "genes.tsv:1: expected text, found an empty file");
    CHECK(table_error("barcodes.tsv", "\n\n") == "barcodes.tsv:2: expected barcodes, found none");
    CHECK(table_error("cells.tsv", "") == "cells.tsv:1: expected text, found an empty file");
    const TempFolder folder;
    fill(folder);
    std::filesystem::remove(folder.path / "matrix.mtx");
    folder.put_gzip("matrix.mtx.gz", "");
    CHECK(support::error_of(folder, [&] { (void)read_folder(folder.path); }) ==
          "matrix.mtx.gz:1: expected text, found an empty file");
}

TEST_CASE("a first line that is not of a sparse general matrix is an error") {
    CHECK(market_error("3 2 4\n") ==
          "matrix.mtx:1: expected a line that starts with %%MatrixMarket matrix, found \"3 2 4\"");
    CHECK(market_error("%%MatrixMarket matrix array real general\n") ==
          "matrix.mtx:1: expected the sparse format, coordinate, found \"array\"");
    CHECK(market_error("%%MatrixMarket matrix coordinate pattern general\n") ==
          "matrix.mtx:1: expected a matrix of integer or real values, found \"pattern\"");
    CHECK(market_error("%%MatrixMarket matrix coordinate integer symmetric\n") ==
          "matrix.mtx:1: expected a matrix whose entries are all written out, general, found "
          "\"symmetric\"");
}

TEST_CASE("a header with wrong sizes is an error") {
    CHECK(market_error(matrix) ==
          "matrix.mtx:1: expected the numbers of genes, cells and entries "
          "next, found the end of the file");
    CHECK(market_error(matrix + "3 2\n") ==
          "matrix.mtx:2: expected the numbers of genes, cells and entries, found \"3 2\"");
    CHECK(market_error(matrix + "3 2 99999999999999999999\n") ==
          "matrix.mtx:2: expected the numbers of genes, cells and entries, found \"3 2 "
          "99999999999999999999\"");
    CHECK(market_error(matrix + "4 2 1\n1 1 1\n") ==
          "matrix.mtx:2: expected 3 genes x 2 cells as in the tables beside the matrix, found 4 x "
          "2");
    CHECK(market_error(matrix + "2 3 1\n1 1 1\n") ==
          "matrix.mtx:2: expected 3 genes x 2 cells as in the tables beside the matrix, found 2 x "
          "3: transpose it");
    CHECK(market_error(matrix + "3 2 1000000000000000000\n1 1 1\n") ==
          "matrix.mtx:2: expected at most genes x cells entries, found 1000000000000000000");
}

TEST_CASE("a header that promises too much costs no memory") {
    const TempFolder folder;
    std::string names;
    for (int i = 0; i < 100000; ++i) names += text(i, "\n");
    folder.put("genes.tsv", names);
    folder.put("barcodes.tsv", names);
    folder.put("matrix.mtx", matrix + "100000 100000 10000000000\n1 1 1\n");  // 80 GB
    CHECK(support::error_of(folder, [&] { (void)read_folder(folder.path); }) ==
          "matrix.mtx:3: expected 10000000000 entries as the header says, found the end of the "
          "file after 1");
}

TEST_CASE("too few and too many entries are errors") {
    CHECK(market_error(matrix + "3 2 2\n1 1 1\n") ==
          "matrix.mtx:3: expected 2 entries as the header says, found the end of the file after 1");
    CHECK(market_error(matrix + "3 2 1\n1 1 1\n\n2 1 1\n") ==
          "matrix.mtx:5: expected nothing after 1 entries as the header says, found \"2 1 1\"");
}

TEST_CASE("entries out of range are errors") {
    CHECK(market_error(matrix + "3 2 1\n4 1 1\n") ==
          "matrix.mtx:3: expected a gene number from 1 to 3, found \"4 1 1\"");
    CHECK(market_error(matrix + "3 2 1\n0 1 1\n") ==
          "matrix.mtx:3: expected a gene number from 1 to 3, found \"0 1 1\"");
    CHECK(market_error(matrix + "3 2 1\n1 3 1\n") ==
          "matrix.mtx:3: expected a cell number from 1 to 2 after the gene number, found \"1 3 "
          "1\"");
    CHECK(market_error(matrix + "3 2 1\n1 -1 1\n") ==
          "matrix.mtx:3: expected a cell number from 1 to 2 after the gene number, found \"1 -1 "
          "1\"");
}

TEST_CASE("malformed numbers are errors") {
    CHECK(market_error(matrix + "3 2 1\n1x 1 1\n") ==
          "matrix.mtx:3: expected a gene number from 1 to 3, found \"1x 1 1\"");
    CHECK(market_error(matrix + "3 2 1\n1 1 five\n") ==
          "matrix.mtx:3: expected a finite number after gene and cell, found \"1 1 five\"");
    CHECK(market_error(matrix + "3 2 1\n1 1\n") ==
          "matrix.mtx:3: expected a finite number after gene and cell, found \"1 1\"");
    CHECK(market_error(matrix + "3 2 1\n1 1 2 3\n") ==
          "matrix.mtx:3: expected three numbers: gene, cell and value, found \"1 1 2 3\"");
    CHECK(market_error(matrix + "3 2 1\n1 1 2.5\n") ==
          "matrix.mtx:3: expected an integer, as the first line says, found \"2.5\"");
    CHECK(market_error(matrix + "3 2 1\n1 1 1e99\n") ==
          "matrix.mtx:3: expected a finite number after gene and cell, found \"1 1 1e99\"");
}

TEST_CASE("NaN and infinity are errors") {
    for (const std::string word : {"nan", "NaN", "inf", "NA"})
        CHECK(market_error(matrix + "3 2 1\n1 1 " + word + "\n") ==
              "matrix.mtx:3: expected a finite number after gene and cell, found \"1 1 " + word +
                  "\"");
}

TEST_CASE("a negative count is an error") {
    CHECK(market_error(matrix + "3 2 1\n1 1 -3\n") ==
          "matrix.mtx:3: expected a count, 0 or more (a matrix on a log scale has the header line "
          "%transst: log expression), found \"-3\"");
}

TEST_CASE("an entry that is there twice is an error") {
    CHECK(market_error(matrix + "3 2 3\n1 1 1\n3 2 1\n3 2 2\n") ==
          "matrix.mtx: expected each entry once, found gene 3 of cell 2 twice");
    CHECK(market_error(matrix + "3 2 3\n3 2 1\n1 1 1\n3 2 2\n") ==
          "matrix.mtx: expected each entry once, found gene 3 of cell 2 twice");
}

TEST_CASE("a gzip file that was cut short is an error") {
    const TempFolder folder;
    fill(folder);
    std::filesystem::remove(folder.path / "matrix.mtx");
    folder.put_gzip("matrix.mtx.gz", small);
    const auto size = std::filesystem::file_size(folder.path / "matrix.mtx.gz");
    for (const auto left : {size - 4, size / 2}) {
        std::filesystem::resize_file(folder.path / "matrix.mtx.gz", left);
        const auto error = support::error_of(folder, [&] { (void)read_folder(folder.path); });
        CHECK(error.starts_with("matrix.mtx.gz:"));
        CHECK(error.ends_with(": expected more gzip data, found its end: it was cut short"));
    }
}

TEST_CASE("damaged gzip data are an error") {
    const TempFolder folder;
    fill(folder);
    std::filesystem::remove(folder.path / "matrix.mtx");
    folder.put_gzip("matrix.mtx.gz", small);
    auto bytes = folder.get("matrix.mtx.gz");
    bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] ^ 1);  // its checksum
    folder.put("matrix.mtx.gz", bytes);
    const auto error = support::error_of(folder, [&] { (void)read_folder(folder.path); });
    CHECK(error.starts_with("matrix.mtx.gz:"));
    CHECK(error.ends_with(": expected gzip data, found damaged ones: fetch the file again"));
}

TEST_CASE("a line without an end is an error, and its message short") {
    CHECK(market_error(matrix + std::string(3 << 20, '1')) ==
          "matrix.mtx:2: expected lines of text, found one longer than 1048576 bytes");
    const auto error = market_error(std::string(500, 'x') + "\n");
    CHECK(error.size() < 200);
    CHECK(error.ends_with("xxx…\""));
}

TEST_CASE("a gene id or barcode that comes twice is an error") {
    CHECK(table_error("genes.tsv", "g1\tA\n\ng2\tB\ng1\tC\n") ==
          "genes.tsv:4: expected each gene id once, found \"g1\" again, as in line 1");
    CHECK(table_error("barcodes.tsv", "a\na\n") ==
          "barcodes.tsv:2: expected each barcode once, found \"a\" again, as in line 1");
    CHECK(table_error("genes.tsv", "g1\tA\n\tB\n") ==
          "genes.tsv:2: expected a gene id at the start of the line, found \" B\"");
}

TEST_CASE("cells and barcodes that disagree are an error") {
    CHECK(table_error("cells.tsv", "barcode\na\nc\n") ==
          "cells.tsv:3: expected a barcode of the barcodes file, found \"c\"");
    CHECK(table_error("cells.tsv", "barcode\nb\n") ==
          "cells.tsv:2: expected all 2 barcodes of the barcodes file, found none that is \"a\"");
    CHECK(table_error("cells.tsv", "barcode\nb\na\nb\n") ==
          "cells.tsv:4: expected each barcode once, found \"b\" again, as in line 2");
}

TEST_CASE("a cells table with a wrong header or wrong fields is an error") {
    CHECK(table_error("cells.tsv", "cell\tx\ty\n") ==
          "cells.tsv:1: expected a header line with a column named barcode, found \"cell x y\"");
    CHECK(table_error("cells.tsv", "barcode\tx\n") ==
          "cells.tsv:1: expected both columns x and y, or neither, found \"barcode x\"");
    CHECK(table_error("cells.tsv", "barcode\tlabel\tlabel\n") ==
          "cells.tsv:1: expected one column named label, found \"barcode label label\"");
    CHECK(table_error("cells.tsv", "barcode\tx\ty\na\t1\n") ==
          "cells.tsv:2: expected 3 fields as in the first line, found 2");
    CHECK(table_error("cells.tsv", "barcode\tx\ty\na\t1\t2,5\n") ==
          "cells.tsv:2: expected a finite coordinate, or NA, found \"2,5\"");
    CHECK(table_error("cells.tsv", "barcode\tx\ty\na\t1\tinf\n") ==
          "cells.tsv:2: expected a finite coordinate, or NA, found \"inf\"");
}

TEST_CASE("real tissue is read") {
    TRANSST_NEED(data, "TRANSST_DATA_DIR");
    const auto sample = read_folder(data / "dlpfc/151673", {.stretch_y = std::sqrt(3.0)});
    CHECK(sample.rows() == 3639);
    CHECK(sample.cols() == 8474);
    CHECK(sample.expression.non_zeros() == 3169550);
    CHECK(rising(sample.expression));
    CHECK(sample.genes.front() == "ENSG00000000003");
    CHECK(sample.symbols.front() == "TSPAN6");
    CHECK(sample.labels.front() == "L3");
    CHECK(sample.sections.front() == "151673");
    CHECK(sample.coordinates(0, 0) == 102);
    CHECK(sample.coordinates(0, 1) == 50 * std::sqrt(3.0));
    const auto labels = code_labels(sample.labels);
    CHECK(labels.names == std::vector<std::string>{"L1", "L2", "L3", "L4", "L5", "L6", "WM"});
    CHECK(std::count(labels.codes.begin(), labels.codes.end(), left_out) == 28);

    const auto cells = read_folder(data / "scrna_breast");
    CHECK(cells.coordinates.size() == 0);
    CHECK(code_labels(cells.labels).classes() == 9);
}
