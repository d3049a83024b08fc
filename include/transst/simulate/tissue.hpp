// Tissues whose truth is known (METHOD, section 9).
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/labels.hpp>
#include <transst/core/lanes.hpp>
#include <transst/core/random.hpp>
#include <transst/core/run.hpp>
#include <transst/core/types.hpp>
#include <transst/matrix/rows.hpp>
#include <transst/preprocess/sample.hpp>
#include <transst/simulate/potts.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace transst {

/// What a simulated tissue was made from. Spots are numbered over the whole lattice, row by row.
struct TissueTruth {
    std::vector<Label> labels;                ///< of each spot, 0, …, K − 1
    std::vector<Index> source;                ///< the spots that became rows of the source, rising
    std::vector<Index> target;                ///< the same of the target
    RowMatrix<double> factors;                ///< spots × q, the z of x = Wz + ε
    Matrix<double> loading;                   ///< p × q, W
    Matrix<double> means;                     ///< K × q
    std::vector<Matrix<double>> covariances;  ///< K times q × q
    Vector<double> noise_variance;            ///< p

    template <class = void>
    [[nodiscard]] std::vector<Label> source_labels() const {
        return labels_of(source);
    }  ///< of its rows
    template <class = void>
    [[nodiscard]] std::vector<Label> target_labels() const {
        return labels_of(target);
    }  ///< of its rows

private:
    template <class = void>
    [[nodiscard]] std::vector<Label> labels_of(const std::vector<Index>& spots) const {
        std::vector<Label> out;
        out.reserve(spots.size());
        for (const Index i : spots) out.push_back(labels[static_cast<std::size_t>(i)]);
        return out;
    }
};

/// A source and a target cut from one tissue, and its truth.
template <class Expression>
struct SimulatedTissue {
    Sample<Expression> source, target;  ///< as Pipeline::fit and FindRegions::fit take them
    TissueTruth truth;                  ///< what they were made from
};

/// How counts are made from the Gaussian expression x.
enum class CountModel {
    negative_binomial,  ///< library sizes, overdispersion and dropout: ours
    exponential         ///< exp(x − min x) − 1, real numbers: the paper's
};

/// A tissue on an h × w lattice, a part of it the target and the rest the source. Labels are a
/// Potts field; a spot of class k has factors z ~ N(μ_k, Σ_k) and expression x = Wz + ε.
///
/// The target is the first share of each class's spots, row by row from the top: a random share
/// would leave no neighbours in it. With q₁ = ⌊K/2⌋ + 1, class k < q₁ has the mean τ on axis k, the
/// last class τ on all axes from q₁ on; of the classes between them the first has mean 0 and the
/// others −τ on axis 0, 1, … (the study goes no further than one). The first ⌊K/2⌋ classes have the
/// covariance diag(U(0.1, spread)) + ee', e ~ N(0, 0.1²), the others I. W = [I 0]' + U(−0.1, 0.1);
/// noise variances are U(0.1, noise).
///
///     const auto tissue = TissueSimulation{{.noise = 5}}.log_expression({.seed = 7});
struct TissueSimulation {
    struct Options {
        Index height = 50, width = 50;               ///< spots
        Index genes = 1000;                          ///< p
        Index factors = 10;                          ///< q
        Index classes = 4;                           ///< K
        double beta = 1;                             ///< of the Potts field
        Index sweeps = 50;                           ///< of its sampler
        PottsSampler sampler = PottsSampler::gibbs;  ///< of the Potts field
        double separation = 5;                       ///< τ, between class means
        double spread = 10;                          ///< largest class variance of a factor
        double noise = 2;                            ///< largest noise variance of a gene
        double target_share = 0.25;                  ///< of each class's spots
        std::uint64_t loading_seed = 2023;           ///< of W alone, which repeats of a study share

        // Counts only. Spot i of gene j has the mean L_i softmax_j(b_j + contrast · x_ij).
        CountModel counts = CountModel::negative_binomial;  ///< how they are made
        double library_size = 5000;                         ///< median of the counts of a spot, L
        double library_spread = 0.3;                        ///< standard deviation of log L
        double gene_spread = 1;   ///< standard deviation of the genes' levels b
        double contrast = 0.4;    ///< of log expression, per unit of x
        double dispersion = 0.2;  ///< φ: variance = mean + φ · mean²; 0 is Poisson
        double dropout = 0.1;     ///< probability that a count is lost
    };
    Options options{};

    /// Dense, real-valued expression: Values::log_expression. The seed is run.seed.
    /// Throws InvalidArgument for options that cannot work.
    template <std::floating_point Scalar = double>
    [[nodiscard]] SimulatedTissue<RowMatrix<Scalar>> log_expression(
        const RunOptions& run = {}) const {
        check("TissueSimulation::log_expression");
        SimulatedTissue<RowMatrix<Scalar>> out;
        out.truth = make_truth(run);
        describe(out, Values::log_expression);
        const auto fill = [&](RowMatrix<Scalar>& x, const std::vector<Index>& spots) {
            x.resize(static_cast<Index>(spots.size()), options.genes);
            const Lanes lanes(x.rows(), shortest_lane);
            parallel_for(lanes.count(), run.threads, [&](Index lane) {
                Vector<double> row(options.genes);
                for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i) {
                    draw_row(out.truth, spots[static_cast<std::size_t>(i)], run.seed, row);
                    for (Index j = 0; j < row.size(); ++j) x(i, j) = static_cast<Scalar>(row[j]);
                }
            });
        };
        fill(out.source.expression, out.truth.source);
        fill(out.target.expression, out.truth.target);
        return out;
    }

    /// Sparse counts of the same tissue: Values::counts. The seed is run.seed.
    /// Throws InvalidArgument for options that cannot work.
    template <class Scalar = double, class Value = float>
    [[nodiscard]] SimulatedTissue<CompressedRows<Value>> counts(const RunOptions& run = {}) const {
        check("TissueSimulation::counts");
        SimulatedTissue<CompressedRows<Value>> out;
        out.truth = make_truth(run);
        describe(out, Values::counts);
        const bool published = options.counts == CountModel::exponential;
        Vector<Scalar> levels = Vector<Scalar>::Zero(options.genes);
        RandomStream random(run.seed, level_stream);
        for (Scalar& level : levels) level = options.gene_spread * random.normal();
        const double lowest = published ? smallest(out.truth, run) : 0;
        const auto fill = [&](CompressedRows<Value>& x, const std::vector<Index>& spots) {
            const Lanes lanes(static_cast<Index>(spots.size()), shortest_lane);
            std::vector<OwnedSparseBlock<Value>> parts(static_cast<std::size_t>(lanes.count()));
            parallel_for(lanes.count(), run.threads, [&](Index lane) {
                auto& part = parts[static_cast<std::size_t>(lane)];
                Vector<Scalar> row(options.genes);
                for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i) {
                    const Index spot = spots[static_cast<std::size_t>(i)];
                    draw_row(out.truth, spot, run.seed, row);
                    if (published)
                        row = (row.array() - lowest).exp() - 1;
                    else
                        draw_counts(levels, spot, run.seed, row);
                    require(row.maxCoeff() <= std::numeric_limits<Value>::max(),
                            "TissueSimulation::counts: exp(x - min x) overflows; lower ",
                            "separation, spread or noise");
                    for (Index j = 0; j < row.size(); ++j) {
                        if (row(j) == 0) continue;
                        part.columns.push_back(static_cast<std::int32_t>(j));
                        part.values.push_back(static_cast<Value>(row(j)));
                    }
                    part.end_row();
                }
            });
            x.genes = options.genes;
            for (const auto& part : parts) {
                const Index before = x.non_zeros();
                for (std::size_t i = 1; i < part.starts.size(); ++i)
                    x.starts.push_back(before + part.starts[i]);
                x.columns.insert(x.columns.end(), part.columns.begin(), part.columns.end());
                x.values.insert(x.values.end(), part.values.begin(), part.values.end());
            }
        };
        fill(out.source.expression, out.truth.source);
        fill(out.target.expression, out.truth.target);
        return out;
    }

private:
    // Streams of one seed: what is drawn once, and what each spot draws for itself.
    static constexpr std::uint64_t noise_variance_stream = 1, covariance_stream = 2,
                                   level_stream = 3;
    static constexpr std::uint64_t factor_streams = std::uint64_t{1} << 44,
                                   row_streams = std::uint64_t{2} << 44,
                                   count_streams = std::uint64_t{3} << 44;
    static constexpr Index shortest_lane = 16;

    template <class = void>
    void check(std::string_view who) const {
        const Options& o = options;
        // Also false for NaN. The upper ends are where numbers overflow, not where sense ends.
        const auto within = [&](std::string_view name, auto value, auto least, auto most) {
            require(value >= least && value <= most, who, ": ", name, " = ", value,
                    "; it must be from ", least, " to ", most);
        };
        constexpr Index side = 1'000'000, columns = std::numeric_limits<std::int32_t>::max();
        within("height", o.height, Index{1}, side);
        within("width", o.width, Index{1}, side);
        within("classes", o.classes, Index{1}, side);
        require(o.classes < o.height * o.width, who, ": classes = ", o.classes, " on ",
                o.height * o.width, " spots; there must be more spots than classes");
        const Index axes = o.classes / 2 + 2;
        require(o.factors >= axes, who, ": factors = ", o.factors, "; the means of ", o.classes,
                " classes need at least ", axes);
        require(o.genes >= o.factors && o.genes <= columns, who, ": genes = ", o.genes,
                "; there must be at least as many as factors, ", o.factors, ", and at most ",
                columns);
        within("beta", o.beta, 0.0, 1e6);
        within("sweeps", o.sweeps, Index{0}, std::numeric_limits<Index>::max());
        within("separation", o.separation, 0.0, 1e6);
        within("spread", o.spread, 0.1, 1e6);
        within("noise", o.noise, 0.1, 1e6);
        require(o.target_share > 0 && o.target_share < 1, who, ": target_share = ", o.target_share,
                "; it must lie between 0 and 1");
        require(o.library_size > 0 && o.library_size <= 1e7, who,
                ": library_size = ", o.library_size, "; it must be positive and at most 1e7");
        within("library_spread", o.library_spread, 0.0, 2.0);
        within("gene_spread", o.gene_spread, 0.0, 100.0);
        within("contrast", o.contrast, 0.0, 100.0);
        within("dispersion", o.dispersion, 0.0, 100.0);
        require(o.dropout >= 0 && o.dropout < 1, who, ": dropout = ", o.dropout,
                "; it must be at least 0 and less than 1");
    }

    template <class Scalar = double>
    [[nodiscard]] TissueTruth make_truth(const RunOptions& run) const {
        const Index p = options.genes, q = options.factors, K = options.classes;
        TissueTruth truth;
        truth.labels = PottsField{{.classes = K,
                                   .beta = options.beta,
                                   .sweeps = options.sweeps,
                                   .sampler = options.sampler}}
                           .simulate(options.height, options.width, run);
        split(truth);

        truth.loading.resize(p, q);
        RandomStream loading(options.loading_seed);
        for (Index j = 0; j < p; ++j)
            for (Index f = 0; f < q; ++f)
                truth.loading(j, f) = loading.uniform(-0.1, 0.1) + (j == f ? 1 : 0);

        truth.noise_variance.resize(p);
        RandomStream noise(run.seed, noise_variance_stream);
        for (double& variance : truth.noise_variance) variance = noise.uniform(0.1, options.noise);

        truth.means = Matrix<Scalar>::Zero(K, q);
        const Index own = K / 2 + 1;
        for (Index k = 0; k < std::min(own, K); ++k) truth.means(k, k) = options.separation;
        for (Index k = own + 1; k < K - 1; ++k) truth.means(k, k - own - 1) = -options.separation;
        for (Index f = own; f < q; ++f) truth.means(K - 1, f) = options.separation;

        // Σ = diag(d) + ee', so that z = μ + √d ∘ g + e h with standard normal g and h.
        Matrix<Scalar> variances = Matrix<Scalar>::Ones(K, q), common = Matrix<Scalar>::Zero(K, q);
        RandomStream random(run.seed, covariance_stream);
        for (Index k = 0; k < K / 2; ++k) {
            for (Index f = 0; f < q; ++f) variances(k, f) = random.uniform(0.1, options.spread);
            for (Index f = 0; f < q; ++f) common(k, f) = 0.1 * random.normal();
        }
        for (Index k = 0; k < K; ++k) {
            truth.covariances.push_back(common.row(k).transpose() * common.row(k));
            truth.covariances.back().diagonal() += variances.row(k).transpose();
        }

        truth.factors.resize(static_cast<Index>(truth.labels.size()), q);
        for (Index i = 0; i < truth.factors.rows(); ++i) {
            RandomStream spot(run.seed, factor_streams + static_cast<std::uint64_t>(i));
            const Index k = truth.labels[static_cast<std::size_t>(i)];
            const double shared = spot.normal();
            for (Index f = 0; f < q; ++f)
                truth.factors(i, f) = truth.means(k, f) +
                                      std::sqrt(variances(k, f)) * spot.normal() +
                                      common(k, f) * shared;
        }
        return truth;
    }

    /// The first share of each class to the target; both get a spot at least where there are two.
    template <class = void>
    void split(TissueTruth& truth) const {
        std::vector<Index> left(static_cast<std::size_t>(options.classes), 0);
        for (const Label k : truth.labels) ++left[static_cast<std::size_t>(k)];
        for (Index& count : left)
            count = std::clamp(
                static_cast<Index>(std::llround(options.target_share * static_cast<double>(count))),
                std::min<Index>(1, count - 1), std::max<Index>(0, count - 1));
        for (std::size_t i = 0; i < truth.labels.size(); ++i) {
            Index& count = left[static_cast<std::size_t>(truth.labels[i])];
            (count > 0 ? truth.target : truth.source).push_back(static_cast<Index>(i));
            count -= count > 0;
        }
    }

    /// Expression of a spot: a function of the seed and the spot alone.
    template <class Truth, class Scalar>
    void draw_row(const Truth& truth, Index spot, std::uint64_t seed, Vector<Scalar>& row) const {
        RandomStream random(seed, row_streams + static_cast<std::uint64_t>(spot));
        row.head(row.size()).noalias() = truth.loading * truth.factors.row(spot).transpose();
        for (Index j = 0; j < row.size(); ++j)
            row(j) += std::sqrt(truth.noise_variance(j)) * random.normal();
    }

    /// Turns a row of x into counts.
    template <class Scalar>
    void draw_counts(const Vector<Scalar>& levels, Index spot, std::uint64_t seed,
                     Vector<Scalar>& row) const {
        RandomStream random(seed, count_streams + static_cast<std::uint64_t>(spot));
        row = levels + options.contrast * row;
        row = (row.array() - row.maxCoeff()).exp();
        row *=
            options.library_size * std::exp(options.library_spread * random.normal()) / row.sum();
        for (Scalar& value : row) {
            const double rate = options.dispersion > 0 ? value * options.dispersion *
                                                             random.gamma(1 / options.dispersion)
                                                       : value;
            const Index count = random.poisson(rate);
            value = random.uniform() < options.dropout ? 0 : static_cast<double>(count);
        }
    }

    template <class Scalar = double>
    [[nodiscard]] double smallest(const TissueTruth& truth, const RunOptions& run) const {
        const auto n = static_cast<Index>(truth.labels.size());
        const Lanes lanes(n, shortest_lane);
        std::vector<double> parts(static_cast<std::size_t>(lanes.count()),
                                  std::numeric_limits<double>::infinity());
        parallel_for(lanes.count(), run.threads, [&](Index lane) {
            Vector<Scalar> row(options.genes);
            for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i) {
                draw_row(truth, i, run.seed, row);
                auto& part = parts[static_cast<std::size_t>(lane)];
                part = std::min(part, row.minCoeff());
            }
        });
        return *std::min_element(parts.begin(), parts.end());
    }

    /// Everything of the two samples but their expression.
    template <class Expression>
    void describe(SimulatedTissue<Expression>& tissue, Values values) const {
        const auto fill = [&](Sample<Expression>& sample, const std::vector<Index>& spots) {
            sample.values = values;
            sample.coordinates.resize(static_cast<Index>(spots.size()), 2);
            for (std::size_t i = 0; i < spots.size(); ++i) {
                const Index row = spots[i] / options.width, column = spots[i] % options.width;
                sample.barcodes.push_back(text("spot_", row, "_", column));
                sample.labels.push_back(
                    name("class ", tissue.truth.labels[static_cast<std::size_t>(spots[i])] + 1,
                         options.classes));
                sample.coordinates(static_cast<Index>(i), 0) = static_cast<double>(column);
                sample.coordinates(static_cast<Index>(i), 1) = static_cast<double>(row);
            }
            for (Index j = 1; j <= options.genes; ++j)
                sample.genes.push_back(name("gene_", j, options.genes));
        };
        fill(tissue.source, tissue.truth.source);
        fill(tissue.target, tissue.truth.target);
        tissue.source.name = "simulated source";
        tissue.target.name = "simulated target";
    }

    /// Zeros keep the order of names that of numbers: "class 03" of 12.
    template <class = void>
    [[nodiscard]] static std::string name(std::string_view kind, Index number, Index most) {
        const std::string digits = std::to_string(number);
        return text(kind, std::string(std::to_string(most).size() - digits.size(), '0'), digits);
    }
};

}  // namespace transst
