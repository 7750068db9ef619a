// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshConnection
public import EntmeshMesh

/// What one guest is granted.
public struct GuestSettings: Equatable, Sendable {
    /// Rates that may be granted, in bytes a second.
    public static let allowedRate = 1...(1 << 20)
    /// Bursts that may be granted, in bytes: one block at least.
    public static let allowedBurst = 32...(1 << 20)

    /// Whether it gets anything.
    public var isFed = true
    /// Bytes a second in the long run.
    public var rate = TokenBucket.Allowance.agent.rate
    /// Bytes at once.
    public var burst = TokenBucket.Allowance.agent.burst
    /// What is done with entropy that it gives.
    public var trust = InboundTrust.refuse

    public init() {}

    /// The same for the mesh.
    public var allowance: TokenBucket.Allowance { .init(rate: rate, burst: burst) }
}

/// What guests are granted: the defaults, and what is different for some.
public struct GuestRules: Equatable, Sendable {
    /// What is different for the guests that match; nil where nothing is.
    public struct Override: Equatable, Sendable {
        public var match: GuestMatch
        public var isFed: Bool?
        public var rate: Int?
        public var burst: Int?
        public var trust: InboundTrust?

        public init(match: GuestMatch) {
            self.match = match
        }
    }

    public var defaults = GuestSettings()
    public var overrides: [Override] = []

    public init() {}

    /// What the guest `name` is granted: all overrides that match it, in their order.
    ///
    /// - Parameter uuid: in lower case, with hyphens.
    public func settings(name: String, uuid: String) -> GuestSettings {
        overrides.filter { $0.match.covers(name: name, uuid: uuid) }.reduce(into: defaults) {
            $0.isFed = $1.isFed ?? $0.isFed
            $0.rate = $1.rate ?? $0.rate
            $0.burst = $1.burst ?? $0.burst
            $0.trust = $1.trust ?? $0.trust
        }
    }
}

/// Which guests an override is for.
public enum GuestMatch: Equatable, Sendable {
    /// By name, where `*` stands for any characters and `?` for one.
    case name(pattern: String)
    /// By UUID, in lower case.
    case uuid(String)

    func covers(name: String, uuid: String) -> Bool {
        switch self {
        case .name(let pattern): Self.matches(Array(name), Array(pattern))
        case .uuid(let wanted): wanted == uuid
        }
    }

    // Goes back to the last star only, so that no pattern takes more than its length times the
    // name's.
    private static func matches(_ name: [Character], _ pattern: [Character]) -> Bool {
        var (at, next) = (0, 0)
        var star: (pattern: Int, name: Int)?
        while at < name.count {
            if next < pattern.count, pattern[next] == "*" {
                star = (next, at)
                next += 1
            } else if next < pattern.count, pattern[next] == "?" || pattern[next] == name[at] {
                at += 1
                next += 1
            } else if let back = star {
                star = (back.pattern, back.name + 1)
                at = back.name + 1
                next = back.pattern + 1
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == "*" }
    }
}
