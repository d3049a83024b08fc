#include "support/catch.hpp"

#include <transst/io/numbers.hpp>

using namespace transst;
using detail::parse_number;

TEST_CASE("a number is the whole word or none") {
    CHECK(parse_number<Index>("42") == 42);
    CHECK(parse_number<double>("-1.5e3") == -1500.0);
    CHECK(parse_number<float>("0.1") == 0.1f);
    for (const char* word : {"", "x", "1x", " 1", "1 ", "--1", "1e", "0x10"})
        CHECK_FALSE(parse_number<double>(word));
    CHECK_FALSE(parse_number<Index>("1.0"));
    CHECK_FALSE(parse_number<Index>("9223372036854775808"));
}

TEST_CASE("numbers too large are refused and those too small rounded") {
    CHECK_FALSE(parse_number<float>("1e39"));
    CHECK_FALSE(parse_number<float>("-1e39"));
    CHECK_FALSE(parse_number<double>("1e999"));
    CHECK(parse_number<float>("1e-60") == 0.0f);
    CHECK(parse_number<float>("1e-40") == 1e-40f);
}

TEST_CASE("words and fields are taken apart") {
    std::string_view rest = "  1\t22  333 ";
    CHECK(detail::take_word(rest) == "1");
    CHECK(detail::take_word(rest) == "22");
    CHECK(detail::take_word(rest) == "333");
    CHECK(detail::take_word(rest).empty());
    std::vector<std::string_view> fields;
    detail::split_fields("a\t\tb\t", fields);
    CHECK(fields == std::vector<std::string_view>{"a", "", "b", ""});
    detail::split_fields("", fields);
    CHECK(fields == std::vector<std::string_view>{""});
}
