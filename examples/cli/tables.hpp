// The first lines of the tables that `transst cluster` and `transst apply` leave behind, by which
// `transst inspect` knows them again.
#pragma once

#include <string_view>

namespace transst_program {

inline constexpr std::string_view labels_header =
    "barcode\tsection\tx\ty\tcluster\tname\tconfidence\tnovel";
inline constexpr std::string_view markers_header =
    "cluster\tname\tgene\tsymbol\tlog_fold_change\tfraction_in\tfraction_out\tauc\tp_value\t"
    "q_value";

}  // namespace transst_program
