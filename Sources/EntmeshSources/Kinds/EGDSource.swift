// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode
internal import Glibc

/// Another program's entropy, over the protocol of the Entropy Gathering Daemon, from a UNIX socket.
///
/// Asks with command 0x02: exactly so many bytes, in order, when the server has them. What was asked
/// for and has not come is still owed, and is waited for before anything else is asked.
public struct EGDSource: NoiseSource, ~Copyable {
    /// The most bytes of one request: its length is one byte.
    private static let longestRequest = 255
    private static let readBlocking: UInt8 = 0x02
    /// How long the server may have nothing.
    public static let answerDeadline = TimeSpan.seconds(5)

    public let name: String
    public let kind = NoiseSourceKind.egd

    private var link: DeviceLink
    private var owedCount = 0

    /// A source that will connect to `path` when it is first read.
    public init(name: String, path: String, deadline: TimeSpan = answerDeadline) {
        self.name = name
        link = DeviceLink(path: path, .socket, mode: O_RDWR, deadline: deadline)
    }

    public mutating func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(NoiseSourceError) -> Int {
        if owedCount == 0 {
            let wanted = min(buffer.count, Self.longestRequest)
            try link.write([Self.readBlocking, UInt8(wanted)])
            owedCount = wanted
        }
        let room = UnsafeMutableRawBufferPointer(
            rebasing: buffer[..<min(buffer.count, owedCount)])
        let count = try link.read(into: room)
        owedCount -= count
        return count
    }

    public mutating func close() {
        link.close()
        owedCount = 0
    }
}
