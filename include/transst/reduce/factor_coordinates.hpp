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
        for (Index j = 0; j < model.genes(); ++j)
            part.log_noise(j, 0) = std::log(model.noise_variance[j]);
        part.means = model.means;
        for (Index k = 0; k < model.classes(); ++k) {
            Matrix<W> root = Cholesky<W>(model.covariances[at(k)]).root();
            for (Index a = 0; a < root.cols(); ++a) root(a, a) = std::log(root(a, a));
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
        for (Index j = 0; j < model.genes(); ++j)
            model.noise_variance[j] = std::max(std::exp(part.log_noise(j, 0)), floor_);
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
            for (Index a = 0; a < root.cols(); ++a) root(a, a) = std::exp(root(a, a));
            auto& full = model.covariances[at(k)];
            full = times(root, transposed(root));
            if (!full.allFinite() || !Cholesky<W>(full).positive()) return false;
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
        const Matrix<W> change = next.loading - model.loading, moved = times(change, moment);
        Vector<W> residual = all_ * next.noise_variance;
        for (Index a = 0; a < model.factors(); ++a)
            for (Index j = 0; j < model.genes(); ++j) {
                residual[j] += moved(j, a) * change(j, a);
                part.loading(j, a) = moved(j, a) / model.noise_variance[j];
            }
        for (Index j = 0; j < model.genes(); ++j) {
            const W slope = W(0.5) * (residual[j] / model.noise_variance[j] - all_);
            const bool at_floor = model.noise_variance[j] <= floor_;  // no way below it
            part.log_noise(j, 0) = at_floor ? std::max(slope, W(0)) : slope;
        }

        std::vector<Matrix<W>> squares(ties_.groups);  // of z about the model's means
        for (std::size_t g = 0; g < ties_.groups; ++g)
            squares[g] = Matrix<W>::Zero(model.factors(), model.factors());
        for (Index k = 0; k < model.classes(); ++k) {
            const W cells = static_cast<W>(cells_[at(k)]);
            Matrix<W> shift = (next.means.row(k) - model.means.row(k)).transpose();
            auto& sum = squares[ties_.group[at(k)]];
            sum += cells * next.covariances[at(k)];
            add_outer(sum, cells, shift.col(0));
            shift = Cholesky<W>(model.covariances[at(k)]).solve(std::move(shift));
            part.means.row(k) = cells * shift.transpose();
        }
        for (Index k = 0; k < model.classes(); ++k) {
            const std::size_t g = ties_.group[at(k)];
            const Cholesky<W> of(model.covariances[at(k)]);
            const Matrix<W> root = of.root();
            Matrix<W> excess = of.whiten(squares[g]);
            for (Index a = 0; a < root.cols(); ++a) excess(a, a) -= group_cells_[g];
            excess = of.solve_transposed_root(std::move(excess));
            excess *=
                static_cast<W>(cells_[at(k)]) / group_cells_[g];  // a class's share of its group
            keep_lower(excess);
            for (Index a = 0; a < root.cols(); ++a) excess(a, a) *= root(a, a);
            covariance(part, k) = excess;
        }
        return out;
    }

    /// The information of data and factors together at this model, inverted, times v.
    [[nodiscard]] Vector<W> precondition(const FactorModel<W>& model, const Matrix<W>& moment,
                                         const Vector<W>& v) const {
        Vector<W> out(v.size());
        const auto in = parts(v.data(), model);
        auto part = parts(out.data(), model);
        part.loading = scaled_rows(over_symmetric<W>(in.loading, moment), model.noise_variance);
        part.log_noise = in.log_noise * (2 / all_);
        for (Index k = 0; k < model.classes(); ++k) {
            const W cells = static_cast<W>(cells_[at(k)]);
            const Vector<W> mean = in.means.row(k).transpose() / cells;
            part.means.row(k) = times(model.covariances[at(k)], mean).transpose();
            // in F = L⁻¹dL the information is that of tr (F + F')²
            const Matrix<W> root = Cholesky<W>(model.covariances[at(k)]).root();
            Matrix<W> f = covariance(in, k);
            for (Index a = 0; a < root.cols(); ++a) f(a, a) /= root(a, a);
            f = times(transposed(root), f) / cells;
            for (Index a = 0; a < root.cols(); ++a) f(a, a) /= 2;
            keep_lower(f);
            f = times(root, f);
            for (Index a = 0; a < root.cols(); ++a) f(a, a) /= root(a, a);
            covariance(part, k) = f;
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
    static void keep_lower(Matrix<W>& m) {
        for (Index j = 1; j < m.cols(); ++j) m.col(j).head(j).setZero();
    }
    [[nodiscard]] static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

    const std::vector<Index>& cells_;
    const Ties& ties_;
    const W floor_;
    W all_;
    std::vector<W> group_cells_;
};

}  // namespace transst::detail
