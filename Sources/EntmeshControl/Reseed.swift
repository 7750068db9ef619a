// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Asks for a block for one guest, or for all that are connected, now.
public struct ReseedRequest: Codable, Sendable, Equatable {
    /// An id, a name or a UUID; nil means all.
    public var domain: String?

    public init(domain: String?) {
        self.domain = domain
    }
}

/// What came of it, guest by guest.
public struct ReseedReply: Codable, Sendable, Equatable {
    public var version = ControlAPI.version
    public var results: [Result]

    public struct Result: Codable, Sendable, Equatable {
        public var name: String
        public var uuid: String
        /// The receipt's outcome, or why there is none: not-connected, no-answer, tank-empty.
        public var outcome: String
        public var succeeded: Bool
        /// From the moment the daemon took the level for 0 to the receipt.
        public var microseconds: Int?

        public init(name: String, uuid: String, outcome: String, succeeded: Bool) {
            self.name = name
            self.uuid = uuid
            self.outcome = outcome
            self.succeeded = succeeded
        }
    }

    public init(results: [Result]) {
        self.results = results
    }
}

/// An error as the control socket tells it.
public struct ControlError: Codable, Sendable, Equatable, Error {
    /// For programs: permission-denied, no-such-domain, bad-request...
    public var code: String
    /// For people: what was attempted, what was found, what to type next.
    public var message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}
