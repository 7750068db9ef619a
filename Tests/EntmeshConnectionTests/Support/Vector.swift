// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Foundation
import Testing

/// One file of Tests/Vectors: a stream of bytes and what must come of it.
///
///     # What it shows, in a sentence.
///     role: host | guest | buffer      who hears the stream
///     sent: 32                         optional: a block of so many bytes is sent after the hello
///     expect: ...                      the last thing that happens
///     reply: 45 4d ... | nothing       optional: all that is written in answer
///
///     hex, 16 bytes a line, each frame on a new line
struct Vector: Sendable, CustomTestStringConvertible {
    let name: String
    let what: String
    let role: String
    let sent: Int?
    let expect: String
    let reply: [UInt8]?
    /// The frames, in order.
    let stream: [UInt8]

    var testDescription: String { name }

    /// A vector file that is not one.
    struct Unreadable: Error {
        let name: String
    }

    init(name: String, text: String) throws {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let blank = lines.firstIndex(of: ""), let first = lines.first, first.hasPrefix("# ")
        else { throw Unreadable(name: name) }
        var fields: [String: String] = [:]
        for line in lines[1..<blank] {
            guard let colon = line.firstRange(of: ": ") else { throw Unreadable(name: name) }
            fields[String(line[..<colon.lowerBound])] = String(line[colon.upperBound...])
        }
        guard let role = fields.removeValue(forKey: "role"),
            let expect = fields.removeValue(forKey: "expect")
        else { throw Unreadable(name: name) }
        self.name = name
        self.role = role
        self.expect = expect
        what = String(first.dropFirst(2))
        sent = fields.removeValue(forKey: "sent").flatMap { Int($0) }
        reply = fields.removeValue(forKey: "reply").map { $0 == "nothing" ? [] : bytes($0) }
        stream = bytes(lines[blank...].joined())
        guard fields.isEmpty else { throw Unreadable(name: name) }
    }

    /// All of them, by name.
    static let all: [Vector] = {
        let folder = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors")
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                .filter { $0.hasSuffix(".txt") }
                .map { file in
                    let text = try String(
                        contentsOf: folder.appending(path: file), encoding: .utf8)
                    return try Vector(name: String(file.dropLast(4)), text: text)
                }
        } catch {
            preconditionFailure("cannot read the vectors in \(folder.path): \(error)")
        }
    }()

    /// The end that hears it.
    func end() throws -> End {
        switch role {
        case "host": End(.host)
        case "guest": End(.guest, largestBlock: Wire.largestPoolBlock)
        case "buffer": End(.buffer)
        default: throw Unreadable(name: name)
        }
    }
}

extension Event {
    /// The words of a vector's `expect` line.
    var words: String {
        switch self {
        case .opened(let hello):
            "opened \(hello.kind) \(hello.capacity) sends \(yes(hello.sends)) "
                + "accepts \(hello.accepts) ready \(yes(hello.isReady)) \(hello.occasion.words) "
                + "\(hello.lowestVersion)-\(hello.highestVersion) \"\(hello.agentVersion)\""
        case .level(let percent): "level \(percent)"
        case .transfer(let sequence, let bits, let bytes):
            "transfer \(sequence) \(bits) " + hex(bytes).filter { $0 != " " }
        case .receipt(let receipt, let byteCount):
            "receipt \(receipt.sequence) \(receipt.outcome) \(receipt.errorNumber) for \(byteCount)"
        case .status(let status):
            "status \(status.availableBits) of \(status.poolBits) ready \(yes(status.isReady)) "
                + "error \(status.lastError) kernel \"\(status.kernel)\" "
                + "generator \"\(status.hardwareGenerator)\""
        case .closed(let reason, let byPeer):
            (byPeer ? "closed-by-peer " : "closed ") + reason.label.description
        }
    }

    private func yes(_ flag: Bool) -> String { flag ? "yes" : "no" }
}

extension Hello.Occasion {
    fileprivate var words: String {
        switch self {
        case .start: "start"
        case .peerEnded: "peer-ended"
        case .transportReset: "transport-reset"
        }
    }
}
