// Components for what is none of the source's classes, beside those anchored to them. Ours;
// METHOD §7.
#pragma once

#include <transst/cluster/mean_field.hpp>
#include <transst/core/random.hpp>
#include <transst/core/side_by_side.hpp>
#include <transst/core/sort.hpp>

#include <mutex>
#include <optional>
#include <utility>

namespace transst::detail {

/// Mixtures with as many components as wanted, of which the first are anchored. The free ones start
/// at spots that the classes explain badly, and are hardly drawn anywhere: their prior is worth
/// d + 2 spots of a class's spread. All is referred to.
template <class W>
class FreeComponents {
public:
    /// v: the scores (n × d) that `field` is of. anchors: the prior of the anchored components.
    /// name: under which progress is reported.
    FreeComponents(const MeanField<W>& field, const MeanFieldOptions& options,
                   const RowMatrix<W>& v, const MixturePrior<W>& anchors, Index wanted,
                   std::string_view name, const RunOptions& run)
        : field_(field),
          options_(options),
          v_(v),
          anchored_(anchors.at.clusters()),
          prior_(with_free(anchors, wanted)),
          misfit_(misfit_of_spots(v, anchors)),
          name_(name),
          run_(run) {}

    /// Of many draws the one that has come furthest after a few iterations goes on; should it fail
    /// some of its components, the next two do, and the one that fails fewest.
    [[nodiscard]] MeanFieldFit<W> fit() const {
        constexpr Index draws = 20, furthest = 3;
        std::optional<Begun> best;
        std::vector<Draw> all;
        std::mutex comparing;
        side_by_side(name_, draws, v_.rows(), run_,
                     [&](Index number, const RunOptions& inner) -> std::optional<double> {
                         if (number > 0 && run_.stop.stop_requested()) return {};
                         Begun next = begun(number, inner);
                         const std::lock_guard lock(comparing);
                         all.push_back(next.draw);
                         if (!best || next.draw.before(best->draw)) best = std::move(next);
                         return all.back().objective;
                     });
        detail::sort(all.begin(), all.end(),
                     [](const Draw& one, const Draw& other) { return one.before(other); });
        const auto least = std::min_element(
            all.begin(), all.end(),
            [](const Draw& one, const Draw& other) { return one.failed < other.failed; });
        std::vector<Draw> tried(all.begin(), all.begin() + std::min(furthest, std::ssize(all)));
        if (least - all.begin() >= furthest) tried.push_back(*least);

        auto found = to_the_end(std::move(*best));
        Index fewest = failed(found, run_.threads);
        for (std::size_t at = 1; at < tried.size(); ++at) {
            if (fewest == 0 || run_.stop.stop_requested()) break;
            // begun anew, rather than kept all
            auto other = to_the_end(begun(tried[at].number, run_));
            const Index fails = failed(other, run_.threads);
            if (fails >= fewest) continue;
            fewest = fails;
            found = std::move(other);
        }
        return found;
    }

private:
    struct Draw {
        Index number = 0;
        double objective = 0;  // after a few iterations
        Index failed = 0;

        [[nodiscard]] bool before(const Draw& other) const {
            return std::pair(-objective, number) < std::pair(-other.objective, other.number);
        }
    };
    struct Begun {
        Draw draw;
        MixturePrior<W> prior;
        RowMatrix<W> responsibilities;
    };

    [[nodiscard]] static MixturePrior<W> with_free(MixturePrior<W> prior, Index wanted) {
        const Index anchored = prior.at.clusters(), d = prior.at.factors();
        Matrix<W> shared = Matrix<W>::Zero(d, d);
        for (const auto& c : prior.at.covariances) shared += c / static_cast<W>(anchored);
        prior.at.means.conservativeResize(wanted, d);
        prior.at.covariances.resize(static_cast<std::size_t>(wanted), shared);
        prior.kappa.conservativeResize(wanted);
        prior.nu.conservativeResize(wanted);
        prior.kappa.tail(wanted - anchored).setConstant(W(0.01));
        prior.nu.tail(wanted - anchored).setConstant(static_cast<W>(d + 2));
        return prior;
    }

    /// How badly the best class explains each spot, beyond the spot that is explained best (n).
    [[nodiscard]] static Vector<W> misfit_of_spots(const RowMatrix<W>& v,
                                                   const MixturePrior<W>& anchors) {
        const Whitening<W> whitening(anchors.at);
        Vector<W> misfit(v.rows());
        for_each_block(0, v.rows(), [&](Index begin, Index rows) {
            RowMatrix<W> energy(rows, anchors.at.clusters());
            whitening.energies(v.middleRows(begin, rows), energy);
            for (Index i = 0; i < rows; ++i) misfit[begin + i] = energy.row(i).minCoeff();
        });
        const W least = misfit.minCoeff();
        return misfit.array() - least;
    }

    /// A few iterations from means drawn among the spots.
    [[nodiscard]] Begun begun(Index number, const RunOptions& inner) const {
        constexpr Index few = 10;
        auto brief = options_;
        brief.max_iterations = std::min(few, options_.max_iterations);
        Begun out{{number}, prior_, {}};
        draw_means(RandomStream(run_.seed, 0x46524545 + static_cast<std::uint64_t>(number)),
                   out.prior.at.means);
        auto fit = field_.with(brief, inner).fit(out.prior);
        out.draw.objective = fit.objective;
        out.draw.failed = failed(fit, inner.threads);
        out.responsibilities = std::move(fit.responsibilities);
        return out;
    }

    [[nodiscard]] MeanFieldFit<W> to_the_end(Begun begun) const {
        return field_.fit(begun.prior, std::move(begun.responsibilities));
    }

    /// Draws the free components' means, spots that lie far from the classes and from one another
    /// first of all.
    void draw_means(RandomStream random, Matrix<W>& means) const {
        std::vector<double> weight(static_cast<std::size_t>(v_.rows()));
        for (Index i = 0; i < v_.rows(); ++i)
            weight[static_cast<std::size_t>(i)] = static_cast<double>(misfit_[i]);
        for (Index k = anchored_; k < means.rows(); ++k) {
            const Index drawn = *std::max_element(weight.begin(), weight.end()) > 0
                                    ? random.categorical(weight)
                                    : random.below(v_.rows());
            means.row(k) = v_.row(drawn);
            for (Index i = 0; i < v_.rows(); ++i) {
                auto& w = weight[static_cast<std::size_t>(i)];
                w = std::min(w, static_cast<double>((v_.row(i) - v_.row(drawn)).squaredNorm()));
            }
        }
    }

    /// Classes without spots, and free components with too few for a covariance.
    [[nodiscard]] Index failed(const MeanFieldFit<W>& fit, int threads) const {
        const auto spots =
            spots_of(most_likely(fit.responsibilities, threads), fit.gaussians.clusters());
        return std::count(spots.begin(), spots.begin() + anchored_, 0) +
               std::count_if(spots.begin() + anchored_, spots.end(),
                             [&](Index size) { return size < v_.cols() + 2; });
    }

    const MeanField<W>& field_;
    const MeanFieldOptions options_;
    const RowMatrix<W>& v_;
    const Index anchored_;
    const MixturePrior<W> prior_;
    const Vector<W> misfit_;
    const std::string_view name_;
    const RunOptions& run_;
};

}  // namespace transst::detail
