#include "../../examples/cli/markers.hpp"
#include "io/temp_folder.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

#include <sstream>

using namespace transst;

namespace {

std::vector<std::vector<std::string>> fields_of(const std::string& table) {
    std::vector<std::vector<std::string>> out;
    std::istringstream lines(table);
    for (std::string line, word; std::getline(lines, line);) {
        auto& fields = out.emplace_back();
        for (std::istringstream words(line); std::getline(words, word, '\t');)
            fields.push_back(word);
    }
    return out;
}

/// Genes 0, 3, … are higher in cluster 0, 1, 4, … in 1, the others nowhere.
struct Tissue {
    Sample<RowMatrix<double>> sample{support::sparse_values(240, 600, 0.5, 3)};
    std::vector<Label> labels = support::labels(240, 3, 4);

    Tissue() {
        for (Index j = 0; j < 600; ++j) {
            sample.genes.push_back(text("id", j));
            for (Index i = 0; i < 240 && j % 3 < 2; ++i)
                if (labels[static_cast<std::size_t>(i)] == j % 3)
                    sample.expression(i, j) += 1 + 0.01 * static_cast<double>(j);
        }
        sample.values = Values::log_expression;
    }
};

}  // namespace

TEST_CASE("markers.tsv: the best first, and only those that are markers") {
    Tissue tissue;
    const auto table =
        fields_of(transst_program::markers_table(tissue.sample, tissue.labels, 3, {"a", "", "c"}));
    REQUIRE(table.size() > 100);
    CHECK(table[0] == std::vector<std::string>{"cluster", "name", "gene", "symbol",
                                               "log_fold_change", "fraction_in", "fraction_out",
                                               "auc", "p_value", "q_value"});
    const auto fit = Markers{}.fit(tissue.sample.expression, tissue.labels, 3);
    Index of_cluster[3] = {0, 0, 0};
    double last = 0;
    for (std::size_t row = 1; row < table.size(); ++row) {
        REQUIRE(table[row].size() == 10);
        const auto k = static_cast<std::size_t>(std::stoi(table[row][0]) - 1);
        REQUIRE(k < 3);
        if (of_cluster[k]++ == 0) last = 0;
        CHECK(table[row][1] == (k == 0 ? "a" : k == 1 ? "NA" : "c"));
        CHECK(table[row][3] == table[row][2]);
        const Index gene = std::stol(table[row][2].substr(2));
        const auto& tests = fit.clusters[k];
        const double expected[] = {tests.log_fold_change[gene], tests.fraction_in[gene],
                                   tests.fraction_out[gene],    tests.auc[gene],
                                   tests.p_value[gene],         tests.q_value[gene]};
        for (std::size_t c = 0; c < 6; ++c)
            CHECK(std::stod(table[row][c + 4]) == Approx(expected[c]).epsilon(1e-9));
        CHECK(tests.z[gene] > 0);
        CHECK(tests.q_value[gene] < 0.05);
        CHECK(tests.p_value[gene] >= last);
        last = tests.p_value[gene];
    }
    CHECK(of_cluster[0] == 200);
    CHECK(of_cluster[1] == 200);
    CHECK(of_cluster[2] < 20);

    tissue.sample.symbols.assign(600, "symbol");
    const auto named =
        fields_of(transst_program::markers_table(tissue.sample, tissue.labels, 3, {}));
    CHECK(named[1][1] == "NA");
    CHECK(named[1][3] == "symbol");
    CHECK_THROWS_AS(transst_program::markers_table(tissue.sample, tissue.labels, 3, {"a"}),
                    ShapeMismatch);
}

TEST_CASE("markers.tsv is written whole or not at all") {
    Tissue tissue;
    const support::TempFolder folder;
    folder.put("markers.tsv", "before");
    tissue.sample.expression(3, 4) = std::nan("");
    const auto write = [&] {
        transst_program::write_markers(folder.path / "markers.tsv", tissue.sample, tissue.labels, 3,
                                       {}, {.threads = 2});
    };
    CHECK_THROWS_AS(write(), BadData);
    CHECK(folder.get("markers.tsv") == "before");
    tissue.sample.expression(3, 4) = 0;
    write();
    CHECK(folder.get("markers.tsv") ==
          transst_program::markers_table(tissue.sample, tissue.labels, 3, {}));
    CHECK(folder.files() == 1);
}

TEST_CASE("numbers that a double cannot hold are written all the same") {
    const auto exponential = [](double log_x) {
        std::string out;
        transst_program::append_exponential(out, log_x);
        return out;
    };
    CHECK(exponential(0) == "1");
    CHECK(exponential(std::log(0.0123)) == "0.0123");
    CHECK(exponential(-1000) == "5.075958898e-435");
    CHECK(exponential(-500007.1335476317).ends_with("e-217151"));
}
