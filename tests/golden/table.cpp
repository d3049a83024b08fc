#include "table.hpp"

#include <transst/io/numbers.hpp>
#include <transst/io/text_file.hpp>

namespace golden {

Matrix<double> Set::table(const std::string& name) const {
    auto path = folder / (name + ".tsv");
    if (!std::filesystem::exists(path)) path += ".gz";
    transst::detail::TextFile file(path);
    std::string_view line;
    std::vector<std::string_view> fields;
    std::vector<double> values;
    Index rows = 0;
    for (; file.next(line); ++rows) {
        transst::detail::split_fields(line, fields);
        for (const auto field : fields)
            values.push_back(transst::detail::parse_number<double>(field).value_or(
                std::numeric_limits<double>::quiet_NaN()));
    }
    const auto cols = static_cast<Index>(values.size()) / rows;
    INFO(path);
    REQUIRE(static_cast<Index>(values.size()) == rows * cols);
    return Eigen::Map<const transst::RowMatrix<double>>(values.data(), rows, cols);
}

}  // namespace golden
