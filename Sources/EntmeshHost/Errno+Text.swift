// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

package import EntmeshLinux

extension Errno {
    /// Its name and meaning, or its number where it has no name here.
    package var text: String {
        words.map { "\($0)" } ?? "errno \(number)"
    }
}
