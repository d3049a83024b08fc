// What the README and the pages of docs/ show is what is compiled and run.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <support/catch.hpp>

namespace {

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path);
    REQUIRE(file);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
}

/// The C++ blocks of a page, each with the example that the last mark before it names.
struct Block {
    std::string code, example;
};

std::vector<Block> blocks_of(const std::filesystem::path& root, const std::filesystem::path& file) {
    const std::string page = content(root / file);
    const std::string fence = "```cpp\n", mark = "<!-- examples/";
    std::vector<Block> out;
    for (auto at = page.find(fence); at != std::string::npos; at = page.find(fence, at + 1)) {
        const auto begin = at + fence.size(), end = page.find("```", begin);
        const auto named = page.rfind(mark, at);
        REQUIRE(named != std::string::npos);
        const auto name_begin = named + mark.size(), name_end = page.find(" -->", name_begin);
        out.push_back(
            {page.substr(begin, end - begin),
             content(root / "examples" / page.substr(name_begin, name_end - name_begin))});
    }
    return out;
}

/// The same lines, four columns further in: as they are within a function.
std::string indented(const std::string& code) {
    std::istringstream lines(code);
    std::string out;
    for (std::string line; std::getline(lines, line);)
        out += line.empty() ? "\n" : "    " + line + '\n';
    return out;
}

}  // namespace

TEST_CASE("every C++ block of the README is an example, letter for letter") {
    TRANSST_NEED(tests, "TRANSST_TEST_DIR");
    const auto blocks = blocks_of(tests.parent_path(), "README.md");
    CHECK(!blocks.empty());
    for (const auto& [code, example] : blocks) {
        INFO(code);
        CHECK(example.size() >= code.size());
        CHECK(example.substr(example.size() - std::min(example.size(), code.size())) == code);
    }
}

TEST_CASE("every C++ block of the documents is a part of an example, letter for letter") {
    TRANSST_NEED(tests, "TRANSST_TEST_DIR");
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(tests.parent_path() / "docs")) {
        if (entry.path().extension() != ".md") continue;
        for (const auto& [code, example] : blocks_of(tests.parent_path(), entry.path())) {
            INFO(code);
            CHECK((example.find(code) != std::string::npos ||
                   example.find(indented(code)) != std::string::npos));
            ++found;
        }
    }
    CHECK(found > 0);
}
