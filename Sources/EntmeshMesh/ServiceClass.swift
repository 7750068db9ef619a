// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshNode

/// In which order open requests are served: a lower class only when no higher one waits.
public enum ServiceClass: Int, CaseIterable, Comparable, Sendable {
    /// The guest's generator was never seeded.
    case notReady = 0
    /// The guest's memory may have run before, or an operator asked for a reseed.
    case marked = 1
    /// A new connection of a guest that was fed before.
    case reconnected = 2
    /// Everybody else, and whoever has used up its first-class service.
    case ordinary = 3

    public static func < (left: ServiceClass, right: ServiceClass) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// First-class service is a claim out of a guest's mouth, so it is capped: 512 bytes for each
/// start or restore that libvirt reports, then one block of 32 bytes a minute.
struct FirstClassAllowance: Sendable {
    static let bytesAnEvent = 512
    static let blockInterval = TimeSpan.seconds(60)

    private var left = FirstClassAllowance.bytesAnEvent
    private var nextBlock = Moment(nanoseconds: .min)

    /// How many bytes may be given first now.
    func byteCount(now: Moment) -> Int {
        if left > 0 { return left }
        return now >= nextBlock ? Wire.poolBlock : 0
    }

    mutating func take(_ byteCount: Int, now: Moment) {
        left = max(0, left - byteCount)
        if left == 0 { nextBlock = now + Self.blockInterval }
    }

    /// libvirt reported a start or a restore.
    mutating func renew() {
        self = FirstClassAllowance()
    }
}
