// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// A message carries its entropy: it cannot be had twice either.
// expect: 'message' consumed more than once

import EntmeshConnection
import EntmeshNode

func take(_ message: consuming Message) {}

func spendMessage() {
    let message = Message.transfer(
        sequence: 1, Entropy(byteCount: 32, minEntropy: .none) { _ in })
    take(message)
    take(message)
}
