// Anderson acceleration of a fixed-point iteration θ ← G(θ).
#pragma once

#include <transst/core/types.hpp>

#include <Eigen/QR>

#include <algorithm>

namespace transst::detail {

/// Keeps the last steps of an iteration and proposes where it leads (Walker & Ni, SIAM J. Numer.
/// Anal. 2011, type II, with the restarts and damping of Henderson & Varadhan, J. Comput. Graph.
/// Stat. 2019). The caller accepts a proposal only if its objective is no worse, else steps on
/// plainly and calls restart().
template <class W>
class Anderson {
public:
    explicit Anderson(Index depth) : depth_(depth) {}

    /// From θ and G(θ), both as vectors, a proposal for the next θ.
    [[nodiscard]] Vector<W> propose(const Vector<W>& from, const Vector<W>& to) {
        const Vector<W> residual = to - from;
        if (used_ == 0 && !started_) {
            steps_.resize(from.size(), depth_);
            changes_.resize(from.size(), depth_);
        }
        if (started_) {
            const Index column = next_ % depth_;
            steps_.col(column) = to - last_to_;
            changes_.col(column) = residual - last_residual_;
            ++next_;
            used_ = std::min(used_ + 1, depth_);
        }
        started_ = true;
        last_to_ = to;
        last_residual_ = residual;
        if (used_ == 0) return to;
        const auto changes = changes_.leftCols(used_);
        Matrix<W> gram = changes.transpose() * changes;
        // a little ridge keeps nearly parallel steps from blowing the weights up
        gram.diagonal().array() += gram.trace() * W(1e-12);
        const Vector<W> weights = gram.ldlt().solve(changes.transpose() * residual);
        return to - steps_.leftCols(used_) * weights;
    }

    /// Forgets the past.
    void restart() {
        used_ = next_ = 0;
        started_ = false;
    }

private:
    Index depth_, used_ = 0, next_ = 0;
    bool started_ = false;
    Matrix<W> steps_, changes_;  // of G(θ), and of G(θ) − θ
    Vector<W> last_to_, last_residual_;
};

}  // namespace transst::detail
