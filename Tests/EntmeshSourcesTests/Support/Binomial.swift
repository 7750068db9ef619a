// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Glibc

/// P(X >= `count`) for X binomial over `trials` at `probability`: by lgamma(3), not by the
/// recurrence of the product, so that the two can disagree.
func binomialTail(_ count: Int, of trials: Int, at probability: Double) -> Double {
    (count...trials).reversed().reduce(0) { sum, successes in
        let ways =
            lgamma(Double(trials + 1)) - lgamma(Double(successes + 1))
            - lgamma(Double(trials - successes + 1))
        return sum
            + exp(
                ways + Double(successes) * log(probability)
                    + Double(trials - successes) * log1p(-probability))
    }
}
