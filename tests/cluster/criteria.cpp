#include <transst/cluster/criteria.hpp>

#include <support/catch.hpp>

using namespace transst;

TEST_CASE("information criteria by hand") {
    // P = 3 (2 + 3) + 1; c = 0.5 below 1000 spots and 2 from there on
    const auto few = information_criteria(-500, 100, 2, 3);
    CHECK(few.parameters == 16);
    CHECK(few.bic == Approx(1036.8413614879048).epsilon(1e-14));
    CHECK(few.mbic == Approx(1056.4214580310315).epsilon(1e-14));
    CHECK(few.hbic == Approx(1024.2043361936614).epsilon(1e-14));
    const auto many = information_criteria(-500, 1000, 2, 3);
    CHECK(many.parameters == 16);
    CHECK(many.bic == Approx(1221.0481689274284).epsilon(1e-14));
    CHECK(many.mbic == Approx(1427.2715064599186).epsilon(1e-14));
    CHECK(many.hbic == Approx(1100.2072163743742).epsilon(1e-14));
}

TEST_CASE("information criteria of a fit") {
    ClusterFit<double> fit;
    fit.labels.assign(100, 0);
    fit.means.resize(3, 2);
    fit.log_likelihood = -500;
    CHECK(information_criteria(fit).bic == information_criteria(-500, 100, 2, 3).bic);
    CHECK(information_criteria(fit).parameters == 16);
}
