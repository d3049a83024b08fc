// The page of `transst cluster --report`.
#pragma once

#include "outcome.hpp"

#include <transst/markers/markers.hpp>

namespace transst_program {

/// fit: what fit.json holds; tests: of the target's genes in its clusters.
std::string report_page(const Json& fit, const Tissue& target, const Outcome& outcome,
                        const transst::MarkersFit& tests, const transst::RunOptions& run);

}  // namespace transst_program
