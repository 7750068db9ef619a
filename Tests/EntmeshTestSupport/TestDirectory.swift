// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation

/// A directory with a short path, removed in the end.
package final class TestDirectory: Sendable {
    package let root: String

    package init() throws {
        root = "/tmp/em-\(String(UInt32.random(in: 0...(.max)), radix: 36))"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    package func path(_ name: String) -> String { "\(root)/\(name)" }
}
