// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation

/// The committed inputs of a target, replayed by the unit tests and the seed of every fuzz run.
public enum Corpus {
    /// Tests/Fuzz/Corpus of this checkout.
    public static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Corpus").path

    /// The inputs of `target` by file name, in order.
    public static func inputs(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let path = URL(filePath: folder).appending(path: target.rawValue)
        return try FileManager.default.contentsOfDirectory(atPath: path.path).sorted().map { name in
            (name, [UInt8](try Data(contentsOf: path.appending(path: name))))
        }
    }

    /// Runs one file.
    public static func replay(_ file: String, on target: FuzzTarget) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: file)))
        target.run(bytes.span.bytes)
    }
}
