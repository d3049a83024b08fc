// A matrix that asks for a stop as soon as it is read: what reads it has begun, and is not done.
#pragma once

#include <transst/core/types.hpp>

#include <stop_token>

namespace support {

struct StoppingRows {
    using Scalar = double;

    transst::RowMatrix<double> x{};
    std::stop_source* source = nullptr;

    [[nodiscard]] transst::Index rows() const { return x.rows(); }
    [[nodiscard]] transst::Index cols() const { return x.cols(); }
    [[nodiscard]] transst::RowMatrix<double> row_block(transst::Index begin,
                                                       transst::Index end) const {
        source->request_stop();
        return x.middleRows(begin, end - begin);
    }
};

}  // namespace support
