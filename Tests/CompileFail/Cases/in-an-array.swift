// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// In an array, whose elements are copied out.
// expect: type 'Entropy' does not conform to protocol 'Copyable'

import EntmeshNode

func collect() -> Int {
    let entropy = Entropy(byteCount: 32, minEntropy: .none) { _ in }
    let kept: [Entropy] = [entropy]
    return kept.count
}
