// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// How many elements all the collections inside `value` have together: what could leak.
func footprint(_ value: Any) -> Int {
    let mirror = Mirror(reflecting: value)
    let isCollection = mirror.displayStyle == .collection || mirror.displayStyle == .dictionary
    return mirror.children.reduce(isCollection ? mirror.children.count : 0) {
        $0 + footprint($1.value)
    }
}
