// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The port to dial from: another one at every dial.
///
/// After a guest reset or a revert the host's old socket may still stand, and a dial from the same
/// port would be dropped silently.
struct SourcePorts: Equatable, Sendable {
    private var index: UInt32

    /// How many there are: the most dials worth trying when ports are taken.
    static var count: Int { GuestConstants.sourcePorts.count }

    /// Begins anywhere, as `randomness` says.
    init(randomness: UInt64) {
        index = UInt32(randomness % UInt64(Self.count))
    }

    /// The next port.
    mutating func next() -> UInt32 {
        index = (index + 1) % UInt32(Self.count)
        return GuestConstants.sourcePorts.lowerBound + index
    }
}
