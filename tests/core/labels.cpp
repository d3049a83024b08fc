#include "support/catch.hpp"

#include <transst/core/labels.hpp>

using namespace transst;

namespace {

using Words = std::vector<std::string>;
using Codes = std::vector<Label>;

}  // namespace

TEST_CASE("labels are coded by name") {
    const auto coding = code_labels(Words{"tumour", "fat", "tumour", "immune", "fat"});
    CHECK(coding.names == Words{"fat", "immune", "tumour"});
    CHECK(coding.codes == Codes{2, 0, 2, 1, 0});
    CHECK(coding.classes() == 3);
    CHECK(coding.counts() == std::vector<Index>{2, 1, 2});
}

TEST_CASE("missing and ignored labels are left out") {
    const auto coding = code_labels(Words{"b", "NA", "", "a", "undetermined", "b", "NAN"},
                                    Words{"undetermined", "never seen"});
    CHECK(coding.names == Words{"NAN", "a", "b"});
    CHECK(coding.codes == Codes{2, left_out, left_out, 1, left_out, 2, 0});
    CHECK(coding.counts() == std::vector<Index>{1, 1, 2});
    CHECK(is_missing("NA"));
    CHECK(is_missing(""));
    CHECK_FALSE(is_missing("na"));
}

TEST_CASE("nothing to code") {
    CHECK(code_labels(Words{}).classes() == 0);
    CHECK(code_labels(Words{}).codes.empty());
    const auto coding = code_labels(Words{"NA", "NA"});
    CHECK(coding.classes() == 0);
    CHECK(coding.codes == Codes{left_out, left_out});
    CHECK(coding.counts().empty());
}

TEST_CASE("the order of the labels does not change their codes") {
    const auto one = code_labels(Words{"c", "a", "b", "a"});
    const auto other = code_labels(Words{"a", "b", "a", "c"});
    CHECK(one.names == other.names);
    CHECK(one.codes == Codes{2, 0, 1, 0});
    CHECK(other.codes == Codes{0, 1, 0, 2});
}
