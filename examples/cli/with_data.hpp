// Options that are right in themselves, but not for these data.
#pragma once

#include <transst/core/errors.hpp>

namespace transst_program {

/// From the first file on, what does not work is the data's matter: exit code 1. What the command
/// line alone shows is refused before, with exit code 2.
template <class Work>
void with_data(Work&& work) {
    try {
        work();
    } catch (const transst::InvalidArgument& error) {
        throw transst::BadData(error.what());
    }
}

}  // namespace transst_program
