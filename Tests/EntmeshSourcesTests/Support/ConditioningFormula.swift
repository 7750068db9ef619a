// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Glibc

/// The output entropy of a vetted conditioning component (SP 800-90B section 3.1.5.1.2), in bits.
///
/// The product needs no more than the rule that follows from it (input of 64 bits to spare), so
/// the formula is here, to check the rule.
struct ConditioningFormula {
    let inputBits: Double
    let outputBits: Double
    let narrowestWidth: Double
    let inputEntropy: Double

    /// -log2 of the larger of psi and omega.
    var outputEntropy: Double { width - log2p1(max(psiExcess, omegaExcess)) }

    /// -log2 of the share of full entropy that is missing; infinite when none is.
    var negativeLog2Epsilon: Double {
        -log2(log2p1(max(psiExcess, omegaExcess)) / outputBits)
    }

    private var width: Double { min(outputBits, narrowestWidth) }
    /// P_low * 2^inputBits.
    private var low: Double { (1 - exp2(-inputEntropy)) / (1 - exp2(-inputBits)) }
    /// psi * 2^width - 1: psi = 2^(inputBits - width) P_low + P_high, without cancellation.
    private var psiExcess: Double {
        (exp2(-inputBits) - exp2(-inputEntropy)) / (1 - exp2(-inputBits))
            + exp2(width - inputEntropy)
    }
    /// omega * 2^width - 1: omega = (2^(inputBits - width) + sqrt(...)) P_low.
    private var omegaExcess: Double {
        low - 1 + low * sqrt(2 * width * log(2) * exp2(width - inputBits))
    }

    private func log2p1(_ excess: Double) -> Double { log1p(excess) / log(2) }
}
