// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// Erased to Any, which is copyable.
// expect: return expression of type 'Entropy' does not conform to 'Copyable'

import EntmeshNode

func erase() -> Any {
    Entropy(byteCount: 32, minEntropy: .none) { _ in }
}
