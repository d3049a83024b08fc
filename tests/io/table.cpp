#include "io/dense.hpp"
#include "io/temp_folder.hpp"
#include "support/catch.hpp"

#include <transst/io/read_sample.hpp>

using namespace transst;
using support::dense, support::small_matrix, support::TempFolder;

namespace {

using Words = std::vector<std::string>;

SampleFile read(const std::string& content, const ReadOptions& options = {}) {
    const TempFolder folder;
    folder.put("table.csv", content);
    return read_sample_file(folder.path / "table.csv", options);
}

std::string error(const std::string& content, const ReadOptions& options = {}) {
    const TempFolder folder;
    folder.put("table.csv", content);
    return support::error_of(folder,
                             [&] { (void)read_sample_file(folder.path / "table.csv", options); });
}

}  // namespace

TEST_CASE("a table of cells and genes becomes a sample") {
    const auto file = read(
        "cell,ONE,label,x,TWO,y,section,THREE\n"
        "a,5,L1,1.5,0,2,s,2\n"
        "b,7,NA,3,1,4,,0\n",
        {.stretch_x = 2});
    CHECK(file.format == SampleFormat::table);
    CHECK(file.sample.name == "table");
    CHECK(dense(file.sample.expression) == small_matrix());
    CHECK(file.sample.expression.non_zeros() == 4);
    CHECK(file.sample.values == Values::counts);
    CHECK(file.sample.genes == Words{"ONE", "TWO", "THREE"});
    CHECK(file.sample.barcodes == Words{"a", "b"});
    CHECK(file.sample.labels == Words{"L1", "NA"});
    CHECK(file.sample.sections == Words{"s", "NA"});
    CHECK(file.sample.coordinates(0, 0) == 3);
    CHECK(file.sample.coordinates(1, 1) == 4);
}

TEST_CASE("tables as R and others write them") {
    for (const char* content :
         {"ONE\tTWO\tTHREE\na\t5\t0\t2\nb\t7\t1\t0\n",      // a header without the first name
          "\tONE\tTWO\tTHREE\r\na\t5\t0\t2\r\nb\t7\t1\t0",  // line ends of Windows, and none
          "\"\",\"ONE\",\"TWO\",\"THREE\"\n\"a\",5,0,2\n\"b\",7,1,0\n\n",
          "id,ONE,TWO,THREE\na,5.0,0.0,2\nb,7e0,1,0\n"}) {
        INFO(content);
        const auto sample = read(content).sample;
        CHECK(dense(sample.expression) == small_matrix());
        CHECK(sample.genes == Words{"ONE", "TWO", "THREE"});
        CHECK(sample.barcodes == Words{"a", "b"});
        CHECK(sample.values == Values::counts);
        CHECK(sample.labels.empty());
        CHECK(sample.coordinates.size() == 0);
    }
    CHECK(read("c,\"HLA-A, \"\"B\"\"\",label\nx,1,\"T, cell\"\n").sample.genes[0] ==
          "HLA-A, \"B\"");
    CHECK(read("c,G,label\nx,1,\"T, cell\"\n").sample.labels[0] == "T, cell");
    const TempFolder folder;
    folder.put_gzip("t.tsv.gz", "c\tG\nx\t1\n");
    CHECK(read_sample(folder.path / "t.tsv.gz").name == "t");
}

TEST_CASE("the table's columns of labels and sections may have other names") {
    const auto sample = read("c,type,slide,G\na,T,1,3\nb,B,2,4\n",
                             {.label_column = "type", .section_column = "slide"})
                            .sample;
    CHECK(sample.labels == Words{"T", "B"});
    CHECK(sample.sections == Words{"1", "2"});
    CHECK(sample.genes == Words{"G"});
    CHECK(error("c,G\na,1\n", {.label_column = "type"}) ==
          "table.csv:2: expected a column named type in the header");
    CHECK(read("c,G\na,1\n", {.label_column = "type", .label_optional = true}).sample.rows() == 1);
}

TEST_CASE("a table's values are counts if whole, else log expression") {
    CHECK(read("c,G,H\na,1.5,0\n").sample.values == Values::log_expression);
    CHECK(read("c,G,H\na,0.5,310.25\n").sample.values == Values::counts);
    const ReadOptions log{.values = Values::log_expression}, counts{.values = Values::counts};
    CHECK(read("c,G,H\na,1,2\n", log).sample.values == Values::log_expression);
    CHECK(read("c,G,H\na,1.5,2\n", counts).sample.values == Values::counts);
    CHECK(dense(read("c,G,H\na,-1,2\n", log).sample.expression)(0, 0) == -1);
    CHECK(error("c;G;H\na;1;2\n").find("between commas or tabs, not semicolons") !=
          std::string::npos);
    CHECK(error("c,G,H\na,-1,2\n", counts).find("0 or more") != std::string::npos);
    CHECK(error("c,G,H\na,-1,0\n") ==
          "table.csv:2: expected counts or log expression, 0 or more, for the gene G, found "
          "\"-1\"");
}

TEST_CASE("tables that cannot be are refused") {
    const std::string layout =
        " (a table has cells in rows, genes in columns, and columns label, x, y and section if "
        "known)";
    CHECK(error("hello\n") == "table.csv:1: expected a header of names between commas or tabs" +
                                  layout + ", found \"hello\"");
    CHECK(error("c,G\n") ==
          "table.csv:1: expected cells below the header, found the end of the "
          "file");
    CHECK(error("c,G,H\na,1,T cell\n") ==
          "table.csv:2: expected a finite number for the gene H" + layout + ", found \"T cell\"");
    CHECK(error("c,G\na,nan\n").starts_with("table.csv:2: expected a finite number"));
    CHECK(error("c,G,H\na,1,2\nb,1\n") ==
          "table.csv:3: expected 3 fields as in the header, found 2");
    CHECK(error("c,G,G\na,1,2\n") == "table.csv:1: expected each gene once, found \"G\" twice");
    CHECK(error("c,G\na,1\nb,1\na,2\n") == "table.csv: expected each cell once, found \"a\" twice");
    CHECK(error("c,x,G\na,1,2\n") == "table.csv:2: expected both columns x and y, or neither");
    CHECK(error("x,y,G\n1,1,2\n") ==
          "table.csv:2: expected the cells' names in the first column, found x");
    CHECK(error("c,x,y,G\na,1,left,2\n") ==
          "table.csv:2: expected a finite coordinate, or NA, found \"left\"");
    CHECK(error("c,label,label,G\na,1,2,3\n") ==
          "table.csv:2: expected one column of each name, found \"label\"");
    CHECK(error("c,label\na,T\n").starts_with("table.csv:2: expected columns of genes"));
}

TEST_CASE("a file that is no sample says what to do") {
    const TempFolder folder;
    folder.put("matrix.mtx", "x");
    folder.put("cells.rds", "x");
    const auto error_of = [&](const char* name) {
        return support::error_of(folder, [&] { (void)read_sample(folder.path / name); });
    };
    CHECK(error_of("matrix.mtx") ==
          "matrix.mtx: expected a folder, found one file of it; name the folder");
    CHECK(error_of("cells.rds").starts_with("cells.rds: files in .rds are not read here; convert"));
    CHECK(error_of("nowhere") == "nowhere: expected a folder or a file, found nothing");
}
