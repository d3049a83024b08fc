// One labelled source or one spatial target, as the library takes it.
#pragma once

#include <transst/core/types.hpp>
#include <transst/matrix/rows.hpp>

namespace transst {

/// What the entries of an expression matrix are.
enum class Values {
    counts,         ///< to be normalised: log1p(10⁴ x / Σx)
    log_expression  ///< already on a log scale: taken as they are
};

/// Expression of n cells or spots × p genes, and what is known about them.
template <class Expression = CompressedRows<float>>
struct Sample {
    Expression expression{};              ///< n × p
    std::vector<std::string> genes{};     ///< p ids, each once
    std::vector<std::string> symbols{};   ///< p, or empty
    std::vector<std::string> barcodes{};  ///< n, each once; or empty
    std::vector<std::string> labels{};    ///< n, "NA" where unknown; or empty
    std::vector<std::string> sections{};  ///< n; or empty: one section
    RowMatrix<double> coordinates{};      ///< n × 2, NaN where unknown; or 0 × 0
    Values values = Values::counts;       ///< what the entries are
    std::string name = "sample";          ///< used in messages

    [[nodiscard]] Index rows() const { return expression.rows(); }  ///< n
    [[nodiscard]] Index cols() const { return expression.cols(); }  ///< p
};

template <class Expression>
Sample(Expression) -> Sample<Expression>;

}  // namespace transst
