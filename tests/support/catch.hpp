// Catch2 3 or 2, whichever is there. Tests include this and nothing of Catch2's own.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#if __has_include(<catch2/catch_user_config.hpp>)
#include <catch2/catch_user_config.hpp>
#endif
// Packaged Catch2 3 is often built as C++14, where its library cannot print a string_view.
#if !defined(CATCH_CONFIG_CPP17_STRING_VIEW) && !defined(CATCH_CONFIG_NO_CPP17_STRING_VIEW)
#define CATCH_CONFIG_NO_CPP17_STRING_VIEW
#endif
#include <catch2/catch_all.hpp>
using Catch::Approx;  // Catch2 2 does so itself
#define TRANSST_CATCH2 3
#elif __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#define TRANSST_CATCH2 2
#else
#error "Catch2 not found (Debian: catch2)"
#endif

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

namespace support {

/// A part of a text: REQUIRE_THROWS_WITH(f(), support::contains("11 clusters")).
inline auto contains(const std::string& part) {
#if TRANSST_CATCH2 == 3
    return Catch::Matchers::ContainsSubstring(part);
#else
    return Catch::Matchers::Contains(part);
#endif
}

/// Whether a test of this run was left out; main() then tells ctest so by its exit status.
inline bool skipped = false;

/// The file or folder that an environment variable names; nothing where it is unset or empty.
/// ctest sets TRANSST_TEST_DIR (this repository's tests/), TRANSST_GOLDEN_DIR, TRANSST_DATA_DIR
/// and TRANSST_PROGRAM (the built transst).
inline std::optional<std::filesystem::path> place(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::filesystem::path(value);
}

}  // namespace support

/// Leaves the test case here. ctest then lists it as skipped, unless something failed before.
#define TRANSST_SKIP(why)                               \
    do {                                                \
        std::cout << "SKIPPED: " << (why) << std::endl; \
        support::skipped = true;                        \
        SUCCEED("skipped");                             \
        return;                                         \
    } while (false)

/// A path from the environment, or the test is skipped: TRANSST_NEED(golden, "TRANSST_GOLDEN_DIR").
#define TRANSST_NEED(name, variable)                                      \
    const auto name##_place = support::place(variable);                   \
    if (!name##_place) TRANSST_SKIP("set " variable " to run this test"); \
    const std::filesystem::path& name = *name##_place
