// main() of every test program: exit 0 passed, 1 failed, 4 skipped. Catch2's own status is the
// number of failures, which ctest could take for 'skipped'.
#define CATCH_CONFIG_RUNNER
#include "catch.hpp"

int main(int argc, char* argv[]) {
    if (Catch::Session().run(argc, argv) != 0) return 1;
    return support::skipped ? 4 : 0;
}
