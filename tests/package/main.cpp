// One of two files that include everything: nothing in the headers may be defined twice.
#include <transst/transst.hpp>

#include <cstring>

const char* version_seen_by_single();

int main() {
    return std::strcmp(transst::version, version_seen_by_single());
}
