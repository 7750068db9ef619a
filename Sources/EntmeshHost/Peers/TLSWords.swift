// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import Glibc
internal import NIOCore
internal import NIOPosix

/// What went wrong with a connection to another host, in words.
enum TLSWords {
    /// What BoringSSL's reasons mean here; it gives them as part of a longer text.
    private static let reasons = [
        ("uncleanShutdown", "it closed the connection"),
        ("eofDuringHandshake", "it closed the connection during the TLS handshake"),
        (
            "eofDuringAdditionalCertficiateChainValidation",
            "it closed the connection during the TLS handshake"
        ),
        ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "it showed no certificate"),
        ("UNSUPPORTED_PROTOCOL", "it does not speak TLS 1.3"),
        ("WRONG_VERSION_NUMBER", "it does not speak TLS"),
        ("NO_SHARED_GROUP", "it does not offer the key exchange X25519MLKEM768"),
        ("HTTP_REQUEST", "it does not speak TLS"),
        ("ALERT_HANDSHAKE_FAILURE", "it refused our TLS parameters: does it offer X25519MLKEM768?"),
        ("ALERT_PROTOCOL_VERSION", "it does not speak TLS 1.3"),
        ("ALERT_CERTIFICATE_EXPIRED", "it refused our certificate: expired"),
        ("ALERT_CERTIFICATE_REQUIRED", "it wants a certificate of us"),
        ("ALERT_UNKNOWN_CA", "it refused our certificate: not signed by its CA"),
        ("ALERT_BAD_CERTIFICATE", "it refused our certificate; its log says why"),
        ("ALERT_CERTIFICATE_UNKNOWN", "it refused our certificate; its log says why"),
        ("ALERT_CERTIFICATE_REVOKED", "it refused our certificate: revoked"),
        ("NO_APPLICATION_PROTOCOL", "it does not speak entmesh/1"),
    ]

    static func words(for error: any Error) -> String {
        if let error = error as? NIOConnectionError { return words(for: error) }
        if let error = error as? IOError { return Self.errno(error.errnoCode) }
        if let unknown = error as? SocketAddressError.UnknownHost {
            return "the name \(unknown.host.escapedForDisplay) cannot be resolved"
        }
        if case .connectTimeout? = error as? ChannelError { return "no answer within 5 s" }
        let text = "\(error)"
        let known = reasons.first { text.contains($0.0) }
        return known?.1 ?? "TLS failed: \(String(text.prefix(160)).escapedForDisplay)"
    }

    private static func words(for error: NIOConnectionError) -> String {
        if let failure = error.connectionErrors.last { return words(for: failure.error) }
        return "the name \(error.host.escapedForDisplay) cannot be resolved"
    }

    private static func errno(_ code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "nobody listens there"
        case EHOSTUNREACH, ENETUNREACH: "there is no way to it"
        case ECONNRESET: "it reset the connection"
        case ETIMEDOUT: "no answer"
        case EADDRINUSE: "another program listens there"
        case EADDRNOTAVAIL: "this machine has no such address"
        default: errorName(UInt16(clamping: code))
        }
    }
}
