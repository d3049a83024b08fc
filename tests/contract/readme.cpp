// What the README shows is what is compiled and run.
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

}  // namespace

TEST_CASE("every C++ block of the README is an example, letter for letter") {
    TRANSST_NEED(tests, "TRANSST_TEST_DIR");
    const auto root = tests.parent_path();
    const std::string readme = content(root / "README.md");
    const std::string fence = "```cpp\n", mark = "<!-- examples/";
    int blocks = 0;
    for (auto at = readme.find(fence); at != std::string::npos; at = readme.find(fence, at + 1)) {
        const auto begin = at + fence.size(), end = readme.find("```", begin);
        const auto named = readme.rfind(mark, at);
        REQUIRE(named != std::string::npos);
        const auto name_begin = named + mark.size(), name_end = readme.find(" -->", name_begin);
        const auto example =
            content(root / "examples" / readme.substr(name_begin, name_end - name_begin));
        const auto block = readme.substr(begin, end - begin);
        INFO(block);
        CHECK(example.size() >= block.size());
        CHECK(example.substr(example.size() - std::min(example.size(), block.size())) == block);
        ++blocks;
    }
    CHECK(blocks > 0);
}
