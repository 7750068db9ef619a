// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Crypto
internal import EntmeshLinux
internal import EntmeshNode
internal import Foundation

/// Writes down every block that is sent, right before it is encoded: nanoseconds, to whom, and the
/// SHA-256 of each piece of 32 bytes, a line a piece.
final class SendRecord: Sendable {
    private static let pieceByteCount = 32

    private let file: FileHandle

    init(path: String) throws {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        guard let file = FileHandle(forWritingAtPath: path) else {
            throw CocoaError(.fileNoSuchFile)
        }
        // One that was killed and started again goes on with the same file.
        file.seekToEndOfFile()
        self.file = file
    }

    func note(_ receiver: String, _ entropy: borrowing Entropy) {
        let now = SystemClock.now().nanoseconds
        let bytes = entropy.withBytes { Data($0) }
        var lines = ""
        for start in stride(from: 0, to: bytes.count, by: Self.pieceByteCount) {
            let piece = bytes[start..<min(start + Self.pieceByteCount, bytes.count)]
            let digest = SHA256.hash(data: piece).map { String(format: "%02x", $0) }.joined()
            lines += "\(now) \(receiver) \(digest)\n"
        }
        file.write(Data(lines.utf8))
    }
}
