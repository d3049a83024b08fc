#include <transst/transst.hpp>

const char* version_seen_by_single() {
    return transst::version;
}
