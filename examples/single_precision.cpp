// float in place of double: PLDR<float>, TruncatedSVD<float> and the others take half the memory.
// Sums over cells are kept in double all the same, so that a million of them lose nothing.
#include <transst/matrix/standardized.hpp>
#include <transst/reduce/truncated_svd.hpp>
#include <transst/simulate/tissue.hpp>

#include <iostream>

int main() {
    const auto tissue = transst::TissueSimulation{{.height = 20, .width = 20, .genes = 100}}
                            .log_expression<float>();
    const auto x = transst::standardize(tissue.source.expression);

    const auto in_float = transst::TruncatedSVD<float>{{.factors = 3}}.fit(x);
    const auto in_double = transst::TruncatedSVD<double>{{.factors = 3}}.fit(x);
    std::cout << in_float.singular_values.transpose() << " in float\n"
              << in_double.singular_values.transpose() << " in double\n";

    const float apart =
        (in_float.singular_values - in_double.singular_values.cast<float>()).cwiseAbs().maxCoeff();
    return apart < 1e-4F * in_float.singular_values[0] ? 0 : 1;
}
