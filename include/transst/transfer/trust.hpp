// How far a source is trusted, and the relevance that decides it.
#pragma once

#include <transst/transfer/source_relevance.hpp>

namespace transst {

/// How far the source was trusted.
enum class Trust {
    anchored,  ///< its classes are priors of the clusters
    guided,    ///< its informative genes are used
    adapted,   ///< its loading, adapted to the target, is used
    none       ///< the target is clustered alone
};

/// "anchored", "guided", "adapted" or "none".
[[nodiscard]] constexpr std::string_view to_text(Trust trust) {
    switch (trust) {
        case Trust::anchored:
            return "anchored";
        case Trust::adapted:
            return "adapted";
        case Trust::guided:
            return "guided";
        case Trust::none:
            break;
    }
    return "none";
}

namespace detail {

/// Squared relevance above which a source's classes are taken over, and above which it is worth a
/// look.
struct TrustLimits {
    double anchored_from, used_from;

    /// What a source of such relevance is good for: anchored, adapted or none. Classes are taken
    /// over as they were measured; whether the source is worth a look does not depend on how well
    /// that was.
    [[nodiscard]] Trust worth(const Relevance& relevance) const {
        return explained(relevance.correlation) > anchored_from ? Trust::anchored
               : explained(relevance.corrected()) > used_from   ? Trust::adapted
                                                                : Trust::none;
    }

    /// Whether classes would be taken over, were it not for noise in their profiles.
    [[nodiscard]] bool may_anchor(const Relevance& relevance) const {
        return explained(relevance.corrected_for_both()) > anchored_from;
    }

    /// Share of the variance, given the correlation.
    [[nodiscard]] static double explained(double correlation) {
        return correlation > 0 ? correlation * correlation : 0;
    }
};

[[nodiscard]] inline std::string in_words(const Relevance& relevance) {
    return text(rounded(relevance.correlation), ", ", rounded(relevance.corrected_for_both()),
                " but for noise in class profiles");
}

}  // namespace detail
}  // namespace transst
