// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshConnection
public import EntmeshSources

/// The other hosts: who they are, and what is given to and taken from each.
public struct PeersSettings: Equatable, Sendable {
    /// Where this host listens for others; nil if it only dials.
    public var listen: PeerAddress?
    /// This host's certificate, with what is between it and the CA, in PEM.
    public var certificatePath = "/etc/entmesh/peers/host.pem"
    /// The certificate's private key, in PEM.
    public var keyPath = "/etc/entmesh/peers/host.key"
    /// The certificates of the operator's CA, in PEM.
    public var authorityPath = "/etc/entmesh/peers/ca.pem"
    /// The hosts that may be peers, by the names in their certificates: nobody else is let in.
    public var hosts: [PeerHost] = []

    /// No other hosts.
    public init() {}
}

/// One other host.
public struct PeerHost: Equatable, Sendable {
    /// The name in its certificate, in lower case.
    public var name: String
    /// Where it listens; nil if it dials.
    public var address: PeerAddress?
    /// Whether it is given entropy.
    public var sends = true
    /// What is done with what it gives.
    public var trust = InboundTrust.mix
    /// The most that is credited of what it declares, in bits a byte.
    public var creditAtMost = EntropyClaim.full

    public init(name: String, address: PeerAddress? = nil) {
        self.name = name
        self.address = address
    }
}

/// A place in a network: a host name or an IP address, and a TCP port.
public struct PeerAddress: Equatable, Sendable, CustomStringConvertible {
    /// Where hosts listen unless told otherwise.
    public static let defaultPort = 7733

    public let host: String
    public let port: Int

    public init(host: String, port: Int = PeerAddress.defaultPort) {
        self.host = host
        self.port = port
    }

    /// Reads `name`, `name:port`, `192.0.2.1:port`, `[2001:db8::1]` or `[2001:db8::1]:port`; nil if
    /// it is none of them.
    public init?(_ text: String) {
        let (host, rest) = Self.split(text)
        // A port alone, or every address: 0.0.0.0 and [::] are written out.
        guard !host.isEmpty, host != "*", !host.utf8.allSatisfy(Self.isDigit),
            !host.contains(where: { $0.isWhitespace || "/[]@".contains($0) })
        else {
            return nil
        }
        guard let rest else {
            self.init(host: host)
            return
        }
        guard rest.utf8.allSatisfy(Self.isDigit), let port = Int(rest), (1...65535).contains(port)
        else { return nil }
        self.init(host: host, port: port)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    // What is after the host's colon; nil if there is none. An empty host if it cannot be told.
    private static func split(_ text: String) -> (host: String, port: String?) {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return ("", nil) }
            let host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            if rest.isEmpty { return (host, nil) }
            return rest.hasPrefix(":") ? (host, String(rest.dropFirst())) : ("", nil)
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return (text, nil)
        case 2: return (String(parts[0]), String(parts[1]))
        default: return ("", nil)
        }
    }

    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
