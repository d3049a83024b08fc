// Dense expression: an Eigen matrix, numbers that lie elsewhere, a part of either. None is copied.
#include <transst/matrix/standardized.hpp>
#include <transst/reduce/truncated_svd.hpp>
#include <transst/simulate/tissue.hpp>

#include <iostream>
#include <vector>

int main() {
    const auto tissue =
        transst::TissueSimulation{{.height = 20, .width = 20, .genes = 100}}.log_expression();
    const transst::TruncatedSVD svd{{.factors = 3}};

    const Eigen::MatrixXd x = tissue.source.expression;  // cells × genes, column after column
    std::cout << svd.fit(transst::standardize(x)).singular_values.transpose() << '\n';

    const std::vector<double> numbers(x.data(), x.data() + x.size());
    const Eigen::Map<const Eigen::MatrixXd> elsewhere(numbers.data(), x.rows(), x.cols());
    std::cout << svd.fit(transst::standardize(elsewhere)).singular_values.transpose() << '\n';

    const auto half = x.leftCols(50);
    std::cout << svd.fit(transst::standardize(half)).singular_values.transpose()
              << " from half the genes\n";
}
