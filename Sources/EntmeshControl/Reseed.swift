// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Asks for a block now: `{"domain":"web1"}` for one guest, `{"all":true}` for all that are
/// connected. Exactly one of the two, so that a misspelt key asks for nothing.
public enum ReseedRequest: Codable, Sendable, Equatable {
    /// An id, a name or a UUID.
    case domain(String)
    /// Every guest whose agent is connected.
    case all

    struct Key: CodingKey {
        static let domain = Key(stringValue: "domain")
        static let all = Key(stringValue: "all")

        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) {
            return nil
        }
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        switch fields.allKeys.map(\.stringValue) {
        case ["domain"]: self = .domain(try fields.decode(String.self, forKey: .domain))
        case ["all"] where try fields.decode(Bool.self, forKey: .all): self = .all
        default:
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "neither a domain nor all"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        switch self {
        case .domain(let domain): try fields.encode(domain, forKey: .domain)
        case .all: try fields.encode(true, forKey: .all)
        }
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
