// A factor model as a vector, in which steps can be added: what quasi-Newton steps of PLDR need.
#pragma once

#include <transst/reduce/factor_model.hpp>

namespace transst::detail {

/// Which classes share a covariance: group[k] is the number of k's group.
struct Ties {
    std::vector<std::size_t> group;
    std::size_t groups = 0;
};

/// The coordinates have no constraints: the loading, log Λ, the means, and each Σ by its Cholesky
/// factor L with a logarithmic diagonal. Classes that share a Σ have the same coordinates of it.
template <class W>
class FactorCoordinates {
public:
    /// cells: of each class.
    FactorCoordinates(const std::vector<Index>& cells, const Ties& ties, W noise_floor)
        : cells_(cells), ties_(ties), floor_(noise_floor), all_(0), group_cells_(ties.groups, 0) {
        for (std::size_t k = 0; k < cells.size(); ++k) {
            all_ += static_cast<W>(cells[k]);
            group_cells_[ties.group[k]] += static_cast<W>(cells[k]);
        }
    }

    [[nodiscard]] Vector<W> of(const FactorModel<W>& model) const {
        Vector<W> out(size(model));
        auto part = parts(out.data(), model);
        part.loading = model.loading;
        part.log_noise = model.noise_variance.array().log();
        part.means = model.means;
        for (Index k = 0; k < model.classes(); ++k) {
            Matrix<W> root = model.covariances[at(k)].llt().matrixL();
            root.diagonal() = root.diagonal().array().log();
            covariance(part, k) = root;
        }
        return out;
    }

    /// Back into a model of the same sizes, noise variances no less than their floor; false if it
    /// is not a number.
    [[nodiscard]] bool to_model(const Vector<W>& coordinates, FactorModel<W>& model) const {
        if (coordinates.size() != size(model) || !coordinates.allFinite()) return false;
        const auto part = parts(coordinates.data(), model);
        model.loading = part.loading;
        model.noise_variance = part.log_noise.array().exp().cwiseMax(floor_);
        model.means = part.means;
        std::vector<Index> first(ties_.groups, -1);  // classes of a group get the same bits
        for (Index k = 0; k < model.classes(); ++k) {
            Index& own = first[ties_.group[at(k)]];
            if (own >= 0) {
                model.covariances[at(k)] = model.covariances[at(own)];
                continue;
            }
            own = k;
            Matrix<W> root = covariance(part, k);
            root.diagonal() = root.diagonal().array().exp();
            auto& full = model.covariances[at(k)];
            full = root * root.transpose();
            if (!full.allFinite() || full.llt().info() != Eigen::Success) return false;
        }
        return model.noise_variance.allFinite();
    }

    /// The log-likelihood's gradient. By Fisher's identity it is that of the expected
    /// log-likelihood of data and factors together, which the M step's answer `next` maximises.
    /// moment: Σ_i ⟨z_i z_i'⟩ (q × q).
    [[nodiscard]] Vector<W> gradient(const FactorModel<W>& model, const FactorModel<W>& next,
                                     const Matrix<W>& moment) const {
        Vector<W> out(size(model));
        auto part = parts(out.data(), model);
        const Matrix<W> change = next.loading - model.loading, moved = change * moment;
        part.loading = model.noise_variance.cwiseInverse().asDiagonal() * moved;
        const Vector<W> residual =
            all_ * next.noise_variance + moved.cwiseProduct(change).rowwise().sum();
        part.log_noise = W(0.5) * (residual.array() / model.noise_variance.array() - all_);
        for (Index j = 0; j < model.genes(); ++j)  // there is no way below the floor
            if (model.noise_variance[j] <= floor_ && part.log_noise(j, 0) < 0)
                part.log_noise(j, 0) = 0;

        std::vector<Matrix<W>> squares(ties_.groups);  // of z about the model's means
        for (std::size_t g = 0; g < ties_.groups; ++g)
            squares[g] = Matrix<W>::Zero(model.factors(), model.factors());
        for (Index k = 0; k < model.classes(); ++k) {
            const W cells = static_cast<W>(cells_[at(k)]);
            const Vector<W> shift = (next.means.row(k) - model.means.row(k)).transpose();
            part.means.row(k) = cells * model.covariances[at(k)].llt().solve(shift).transpose();
            squares[ties_.group[at(k)]] +=
                cells * (next.covariances[at(k)] + shift * shift.transpose());
        }
        for (Index k = 0; k < model.classes(); ++k) {
            const std::size_t g = ties_.group[at(k)];
            const Matrix<W> root = model.covariances[at(k)].llt().matrixL();
            const auto lower = root.template triangularView<Eigen::Lower>();
            const Matrix<W> half = lower.solve(squares[g]);
            Matrix<W> excess = lower.solve(half.transpose());
            excess.diagonal().array() -= group_cells_[g];
            auto out_k = covariance(part, k);
            out_k = lower.transpose().solve(excess);
            out_k *=
                static_cast<W>(cells_[at(k)]) / group_cells_[g];  // a class's share of its group
            keep_lower(out_k);
            out_k.diagonal().array() *= root.diagonal().array();
        }
        return out;
    }

    /// The information of data and factors together at this model, inverted, times v.
    [[nodiscard]] Vector<W> precondition(const FactorModel<W>& model, const Matrix<W>& moment,
                                         const Vector<W>& v) const {
        Vector<W> out(v.size());
        const auto in = parts(v.data(), model);
        auto part = parts(out.data(), model);
        part.loading = model.noise_variance.asDiagonal() *
                       Matrix<W>(moment.llt().solve(in.loading.transpose()).transpose());
        part.log_noise = in.log_noise * (2 / all_);
        for (Index k = 0; k < model.classes(); ++k) {
            const W cells = static_cast<W>(cells_[at(k)]);
            part.means.row(k) = in.means.row(k) * model.covariances[at(k)] / cells;
            // in F = L⁻¹dL the information is that of tr (F + F')²
            const Matrix<W> root = model.covariances[at(k)].llt().matrixL();
            Matrix<W> f = covariance(in, k);
            f.diagonal().array() /= root.diagonal().array();
            f = (root.transpose() * f / cells).eval();
            f.diagonal() /= 2;
            keep_lower(f);
            auto out_k = covariance(part, k);
            out_k = root * f;
            out_k.diagonal().array() /= root.diagonal().array();
        }
        return out;
    }

private:
    template <class Data>
    struct Parts {
        Eigen::Map<Data> loading, log_noise, means, covariances;
    };

    [[nodiscard]] static Index size(const FactorModel<W>& m) {
        return m.genes() * (m.factors() + 1) + m.classes() * m.factors() * (m.factors() + 1);
    }
    /// The stretches of a vector; `covariances` are side by side.
    template <class Value>
    [[nodiscard]] static auto parts(Value* data, const FactorModel<W>& m) {
        using Data = std::conditional_t<std::is_const_v<Value>, const Matrix<W>, Matrix<W>>;
        const Index p = m.genes(), q = m.factors(), classes = m.classes();
        Value* const noise = data + p * q;
        Value* const means = noise + p;
        return Parts<Data>{{data, p, q},
                           {noise, p, 1},
                           {means, classes, q},
                           {means + classes * q, q, classes * q}};
    }
    template <class Data>
    [[nodiscard]] static auto covariance(Parts<Data>& part, Index k) {
        const Index q = part.covariances.rows();
        return part.covariances.middleCols(k * q, q);
    }
    template <class Data>
    [[nodiscard]] static auto covariance(const Parts<Data>& part, Index k) {
        const Index q = part.covariances.rows();
        return part.covariances.middleCols(k * q, q);
    }
    template <class M>
    static void keep_lower(M&& m) {
        m.template triangularView<Eigen::StrictlyUpper>().setZero();
    }
    [[nodiscard]] static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

    const std::vector<Index>& cells_;
    const Ties& ties_;
    const W floor_;
    W all_;
    std::vector<W> group_cells_;
};

}  // namespace transst::detail
