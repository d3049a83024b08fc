// Runs the built program and looks at what it leaves behind.
#pragma once

#include "io/temp_folder.hpp"
#include "support/catch.hpp"

#include <transst/core/types.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fcntl.h>
#include <map>
#include <random>
#include <set>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace support {

using transst::Index;
using Words = std::vector<std::string>;
using Table = std::vector<Words>;  // the lines' fields

inline std::string slurp(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline Words split(const std::string& text, char at) {
    Words out(1);
    for (const char c : text)
        if (c == at)
            out.emplace_back();
        else
            out.back() += c;
    return out;
}

/// Lines of a file; each must have its end.
inline Words lines(const std::filesystem::path& path) {
    Words out = split(slurp(path), '\n');
    REQUIRE(out.back().empty());
    out.pop_back();
    return out;
}

inline Table table(const std::filesystem::path& path) {
    Table out;
    for (const auto& line : lines(path)) out.push_back(split(line, '\t'));
    return out;
}

/// A column of a table with a header.
inline Words column(const Table& table, const std::string& name) {
    const auto at = std::find(table.at(0).begin(), table.at(0).end(), name);
    REQUIRE(at != table[0].end());
    Words out;
    for (std::size_t row = 1; row < table.size(); ++row)
        out.push_back(table[row].at(static_cast<std::size_t>(at - table[0].begin())));
    return out;
}

inline Index count(const std::string& text, const std::string& part) {
    Index found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

struct Outcome {
    int code = 0;  ///< as a shell gives it: 128 and more where a signal ended the program
    std::string out, err;
};

/// Starts `program` with `arguments` inside `folder`; stderr may be a file that is open already.
inline pid_t start(const std::filesystem::path& program, const TempFolder& folder,
                   const Words& arguments, int err = -1) {
    std::vector<std::string> words = arguments;
    words.insert(words.begin(), program.string());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const auto out_path = folder.path / ".stdout", err_path = folder.path / ".stderr";
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto redirect = [](const std::filesystem::path& to, int from) {
            const int file = ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
            if (file < 0 || ::dup2(file, from) < 0) _exit(126);
        };
        redirect(out_path, 1);
        if (err < 0)
            redirect(err_path, 2);
        else if (::dup2(err, 2) < 0)
            _exit(126);
        if (::chdir(folder.path.c_str()) != 0) _exit(126);
        ::execv(argv[0], argv.data());
        _exit(127);
    }
    return child;
}

/// Waits for the end of what start() began.
inline Outcome finish(pid_t child, const TempFolder& folder) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            slurp(folder.path / ".stdout"), slurp(folder.path / ".stderr")};
}

/// Runs `program` with `arguments` inside `folder`.
inline Outcome run(const std::filesystem::path& program, const TempFolder& folder,
                   const Words& arguments) {
    return finish(start(program, folder, arguments), folder);
}

/// A failure as a user should see it: its code, and one sentence with all these parts in it.
inline void check_refused(const Outcome& outcome, int code, const Words& parts) {
    INFO("stderr: " << outcome.err);
    CHECK(outcome.code == code);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.starts_with("transst: "));
    CHECK(outcome.err.ends_with("\n"));
    CHECK(count(outcome.err, "\n") == 1);
    CHECK(outcome.err.size() < 400);
    for (const auto& part : parts) {
        INFO("missing: " << part);
        CHECK(count(outcome.err, part) >= 1);
    }
    for (const char* never : {"terminate", "what()", "exception", "std::", "Segmentation"})
        CHECK(count(outcome.err, never) == 0);
}

inline nlohmann::json fit_json(const std::filesystem::path& result) {
    return nlohmann::json::parse(slurp(result / "fit.json"));
}

/// A small tissue as it lies on disk: counts in stripes of classes, with some noise.
struct Tissue {
    struct Cell {
        std::string barcode, x, y, label, section;
    };
    std::string banner = "%%MatrixMarket matrix coordinate integer general\n";
    Words genes, barcodes;
    std::vector<Words> counts;  ///< cells × genes, as they are written; "0" is left out
    std::vector<Cell> cells;
    bool with_cells = true;

    void put(const std::filesystem::path& folder) const {
        std::filesystem::create_directories(folder);
        std::string entries, names, codes, at = "barcode\tx\ty\tlabel\tsection\n";
        Index number = 0;
        for (std::size_t i = 0; i < counts.size(); ++i)
            for (std::size_t j = 0; j < counts[i].size(); ++j) {
                if (counts[i][j] == "0") continue;
                entries += transst::text(j + 1, " ", i + 1, " ", counts[i][j], "\n");
                ++number;
            }
        for (const auto& gene : genes) names += gene + "\t" + gene + "\n";
        for (const auto& barcode : barcodes) codes += barcode + "\n";
        for (const auto& c : cells)
            at += c.barcode + "\t" + c.x + "\t" + c.y + "\t" + c.label + "\t" + c.section + "\n";
        const auto write = [&](const char* name, const std::string& content) {
            transst::write_file(folder / name, content);
        };
        write("matrix.mtx",
              banner + transst::text(counts.at(0).size(), " ", counts.size(), " ", number, "\n") +
                  entries);
        write("genes.tsv", names);
        write("barcodes.tsv", codes);
        if (with_cells) write("cells.tsv", at);
    }
};

/// side × side spots of K classes ("class 1", …) in rows; each gene is high in one class.
inline Tissue make_tissue(Index side, std::uint64_t seed, Index genes = 24, Index classes = 3) {
    std::mt19937_64 random(seed);
    Tissue out;
    for (Index j = 0; j < genes; ++j) out.genes.push_back(transst::text("gene", j));
    for (Index i = 0; i < side * side; ++i) {
        const Index x = i % side, y = i / side, k = y * classes / side;
        out.barcodes.push_back(transst::text("spot", i));
        out.cells.push_back({out.barcodes.back(), transst::text(x), transst::text(y),
                             transst::text("class ", k + 1), "one"});
        auto& row = out.counts.emplace_back();
        for (Index j = 0; j < genes; ++j)
            row.push_back(std::to_string((j % classes == k ? 9 : 2) + random() % 7));
    }
    return out;
}

inline Tissue small_source() {
    return make_tissue(10, 1);
}
inline Tissue small_target() {
    return make_tissue(9, 2);
}

/// Clustering of small tissues: folders source/ and target/ to out/.
struct Job {
    TempFolder folder;
    std::filesystem::path program;

    explicit Job(std::filesystem::path transst, const Tissue& source = small_source(),
                 const Tissue& target = small_target())
        : program(std::move(transst)) {
        source.put(folder.path / "source");
        target.put(folder.path / "target");
    }

    [[nodiscard]] Outcome transst(const Words& arguments) const {
        return run(program, folder, arguments);
    }

    /// The usual options, and more; an option may be given again with another value.
    [[nodiscard]] Outcome cluster(const Words& more = {}, const std::string& out = "out") const {
        Words all = {"cluster", "--source", "source", "--target", "target", "--out", out};
        const auto add = [&](const std::string& name, const std::string& value) {
            if (std::find(more.begin(), more.end(), name) == more.end())
                all.insert(all.end(), {name, value});
        };
        add("--clusters", "3");
        add("--factors", "4");
        all.insert(all.end(), more.begin(), more.end());
        return transst(all);
    }

    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
        return folder.path / name;
    }

    [[nodiscard]] std::string labels(const std::string& out = "out") const {
        return slurp(folder.path / out / "labels.tsv");
    }
    [[nodiscard]] nlohmann::json fit(const std::string& out = "out") const {
        return fit_json(folder.path / out);
    }
    [[nodiscard]] bool left_nothing(const std::string& out = "out") const {
        return !std::filesystem::exists(folder.path / out) ||
               std::filesystem::is_empty(folder.path / out);
    }
};

/// Agreement of two clusterings from all pairs of items (Hubert & Arabie 1985), by definition.
inline double pair_counting_ari(const Words& a, const Words& b) {
    double together = 0, only_a = 0, only_b = 0, apart = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const bool in_a = a[i] == a[j], in_b = b[i] == b[j];
            (in_a ? (in_b ? together : only_a) : (in_b ? only_b : apart)) += 1;
        }
    return 2 * (together * apart - only_a * only_b) /
           ((together + only_a) * (only_a + apart) + (together + only_b) * (only_b + apart));
}

/// ARI of a result against the labels of the target's cells.tsv, but for those in `ignored`.
inline double ari_of(const std::filesystem::path& result, const std::filesystem::path& target,
                     const std::set<std::string>& ignored = {}) {
    const auto cells = table(target / "cells.tsv"), found = table(result / "labels.tsv");
    std::map<std::string, std::string> label_of;
    const auto barcodes = column(cells, "barcode"), labels = column(cells, "label");
    for (std::size_t i = 0; i < labels.size(); ++i) label_of[barcodes[i]] = labels[i];
    const auto spots = column(found, "barcode"), clusters = column(found, "cluster");
    Words a, b;
    for (std::size_t i = 0; i < spots.size(); ++i) {
        const auto& label = label_of.at(spots[i]);
        if (label.empty() || label == "NA" || ignored.contains(label)) continue;
        a.push_back(clusters[i]);
        b.push_back(label);
    }
    return pair_counting_ari(a, b);
}

}  // namespace support
