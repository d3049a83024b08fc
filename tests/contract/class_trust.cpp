// Which classes of the source are believed.
#include <transst/regions/class_trust.hpp>

#include <map>
#include <support/catch.hpp>

using namespace transst;

namespace {

using Kappa = std::vector<double>;

/// Clusters of three classes and a free component, a spot a letter: class a to c, or f.
AnchoredFit<double> fit_of(const std::string& spots) {
    AnchoredFit<double> out;
    out.source_class = {1, left_out, 2, 0};  // clusters are not in the classes' order
    out.sizes.assign(4, 0);
    for (const char c : spots) {
        out.labels.push_back(c == 'a' ? 3 : c == 'b' ? 0 : c == 'c' ? 2 : 1);
        ++out.sizes[static_cast<std::size_t>(out.labels.back())];
    }
    return out;
}

std::vector<Kappa> asked;  // of the fits below, in turn

auto fits(const std::map<Kappa, std::string>& known) {
    return [known](const Kappa& kappa) {
        asked.push_back(kappa);
        REQUIRE(known.contains(kappa));
        return fit_of(known.at(kappa));
    };
}

/// The share of spots that are as they are without anchors.
double explained(const std::vector<Label>& labels) {
    const auto truth = fit_of("aabbccff").labels;
    double same = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) same += labels[i] == truth[i];
    return same / 8;
}

}  // namespace

TEST_CASE("classes that cost nothing are all believed") {
    asked.clear();
    const auto trust = detail::trust_classes<double>(
        3, 0.75, fits({{{1000, 1000, 1000}, "abbbccfc"}, {{10, 10, 10}, "aabbccff"}}), explained,
        {});
    CHECK(trust.kappa == Kappa{1000, 1000, 1000});
    CHECK(trust.doubts.empty());
    CHECK(trust.explained == 0.75);
    CHECK(trust.by_all == 0.75);
    CHECK(trust.by_none == 1.0);
    CHECK_FALSE(trust.empty_by_all);
    CHECK(trust.fit.labels == fit_of("abbbccfc").labels);
    CHECK(asked.size() == 2);
}

TEST_CASE("classes are doubted one by one, those first of which fewest spots are left") {
    // of c none are shared, of b 2 of 5, of a 1 of 2; then of a and b as many, and a comes first
    const std::map<Kappa, std::string> known{{{1000, 1000, 1000}, "abbbbbff"},
                                             {{1000, 1000, 10}, "abbbbcff"},
                                             {{10, 1000, 10}, "aabbbcff"},
                                             {{10, 10, 10}, "aabbccff"}};
    asked.clear();
    auto trust = detail::trust_classes<double>(3, 0.75, fits(known), explained, {});
    CHECK(trust.kappa == Kappa{1000, 1000, 10});
    CHECK(trust.doubts == std::vector<std::size_t>{2});
    CHECK(trust.explained == 0.75);
    CHECK(asked == std::vector<Kappa>{{1000, 1000, 1000}, {10, 10, 10}, {1000, 1000, 10}});

    trust = detail::trust_classes<double>(3, 0.85, fits(known), explained, {});
    CHECK(trust.kappa == Kappa{10, 1000, 10});
    trust = detail::trust_classes<double>(3, 0.9, fits(known), explained, {});
    CHECK(trust.kappa == Kappa{10, 10, 10});
    CHECK(trust.doubts == std::vector<std::size_t>{2, 0, 1});
    CHECK(trust.explained == trust.by_none);
    CHECK(trust.by_all == 0.625);
    // more than all cannot be asked for: it ends when no class is left to doubt
    trust = detail::trust_classes<double>(3, 2, fits(known), explained, {});
    CHECK(trust.kappa == Kappa{10, 10, 10});
}

TEST_CASE("clusters without spots are a reason to doubt, unless they have none either way") {
    const std::map<Kappa, std::string> known{{{1000, 1000, 1000}, "aabbccaa"},
                                             {{1000, 10, 1000}, "aabbccaf"},
                                             {{10, 1000, 1000}, "aabbccff"},
                                             {{10, 10, 10}, "aabbccff"}};
    CHECK(detail::trust_classes<double>(3, 0.5, fits(known), explained, {}).kappa ==
          Kappa{10, 1000, 1000});
    auto empty = known;
    empty[{10, 10, 10}] = "aabbccaa";
    CHECK(detail::trust_classes<double>(3, 0.5, fits(empty), explained, {}).kappa ==
          Kappa{1000, 1000, 1000});
}

TEST_CASE("a class that neither fit gives a spot is not doubted") {
    // b is absent either way, and so is the cluster of it
    const std::map<Kappa, std::string> known{{{1000, 1000, 1000}, "ffffccff"},
                                             {{10, 1000, 1000}, "ffffccff"},
                                             {{10, 1000, 10}, "aaffccff"},
                                             {{10, 10, 10}, "aaffccff"}};
    const auto trust = detail::trust_classes<double>(3, 1, fits(known), explained, {});
    CHECK(trust.doubts == std::vector<std::size_t>{0, 2});
    CHECK(trust.kappa == Kappa{10, 1000, 10});
}

TEST_CASE("where no class has spots, all are doubted together") {
    const std::map<Kappa, std::string> known{{{1000, 1000, 1000}, "ffffffff"},
                                             {{10, 10, 10}, "ffffffff"}};
    int asked_for = 0;
    const auto trust = detail::trust_classes<double>(
        3, 0.5, fits(known), [&](const auto&) { return ++asked_for == 2 ? 0.1 : 1.0; }, {});
    CHECK(trust.doubts == std::vector<std::size_t>{0, 1, 2});
    CHECK(trust.kappa == Kappa{10, 10, 10});
    CHECK(trust.explained == trust.by_none);
}

TEST_CASE("a fit that a request to stop cut short takes no other's place") {
    std::stop_source stop;
    const RunOptions run{.stop = stop.get_token()};
    int found = 0;
    const int last = GENERATE(1, 2, 3, 4);
    const std::vector<std::string> spots{"aaaabccf", "aabbccff", "aaabbccf", "aabbbccf"};
    const auto fit = [&](const Kappa&) {
        if (++found == last) stop.request_stop();
        return fit_of(spots.at(static_cast<std::size_t>(found - 1)));
    };
    const auto trust = detail::trust_classes<double>(3, 1, fit, explained, run);
    CHECK(found == last);
    CHECK(trust.fit.labels == fit_of(spots[last == 4 ? 2 : 0]).labels);
    CHECK(trust.doubts.size() == (last == 4 ? 1 : 0));
    CHECK(trust.fit.stopped);
}
