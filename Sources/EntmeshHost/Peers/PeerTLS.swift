// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshCertificates
public import EntmeshConfig
internal import EntmeshMesh
internal import Foundation
internal import NIOCore
internal import NIOSSL

/// As whom this host speaks to others, and whom it believes: mutual TLS 1.3.
///
/// The key exchange is X25519MLKEM768 and nothing else, so that what is recorded today cannot be
/// read by whoever has a quantum computer later. Certificates are checked against the operator's CA
/// alone. There is no way to leave that out.
public struct PeerTLS: Sendable {
    /// The one key exchange (RFC 8446 section 4.2.7; draft-ietf-tls-ecdhe-mlkem).
    static let keyExchange = "X25519MLKEM768"

    /// From how long before its end on a certificate is worth a warning, in seconds: a month.
    private static let warnedAhead: TimeInterval = 30 * 86_400

    /// The name in this host's certificate.
    let ownName: String
    private let expires: Date
    /// For both ends: both show a certificate and want one.
    private let context: NIOSSLContext
    private let chainCheck: CertificateChainCheck

    /// Reads the files that `settings` name.
    ///
    /// - Throws: `HostError.cannotServePeers`, with what to do.
    public init(_ settings: PeersSettings) async throws(HostError) {
        do {
            let identity = try await HostIdentity.load(
                certificatePath: settings.certificatePath, keyPath: settings.keyPath,
                caPath: settings.authorityPath)
            ownName = identity.name
            expires = identity.notValidAfter
            chainCheck = identity.chainCheck
            context = try NIOSSLContext(configuration: Self.configuration(identity))
        } catch {
            throw .cannotServePeers(reason: "\(error)")
        }
    }

    /// What an administrator should do about the certificate; nil if nothing.
    var warning: String? {
        guard expires < Date() + Self.warnedAhead else { return nil }
        let verb = expires < Date() ? "has expired, and no new link is made, since" : "expires on"
        return """
            this host's certificate for other hosts \(verb) \(expires.formatted(.iso8601)): make \
            a new one with: entmesh peer issue \(ownName) --renew
            """
    }

    private static func configuration(_ identity: HostIdentity) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfigurationWithMTLS(
            certificateChain: try identity.certificatesDER.map {
                .certificate(try NIOSSLCertificate(bytes: $0, format: .der))
            },
            privateKey: .privateKey(
                try NIOSSLPrivateKey(bytes: identity.privateKeyPEM, format: .pem)),
            // Our own check takes the place of BoringSSL's, which gives no reasons.
            trustRoots: .certificates([]))
        configuration.minimumTLSVersion = .tlsv13
        configuration.curves = [.x25519_MLKEM768]
        configuration.applicationProtocols = [PeerGreeter.applicationProtocol]
        configuration.shutdownTimeout = .seconds(1)
        return configuration
    }

    /// Puts TLS and a greeter on `channel`.
    ///
    /// - Parameter dialled: whom we dialled, and the name it has to show; nil if they did.
    func prepare(
        _ channel: any Channel, node: HostNode, dialled: (peer: PeerID, name: String)?
    ) throws {
        let verdict = PeerVerdict()
        let pipeline = channel.pipeline.syncOperations
        let callback = verification(
            verdict, as: dialled == nil ? .client : .server, expecting: dialled?.name)
        if dialled != nil {
            try pipeline.addHandler(
                NIOSSLClientHandler(
                    context: context, serverHostname: nil, customVerificationCallback: callback))
        } else {
            try pipeline.addHandler(
                NIOSSLServerHandler(context: context, customVerificationCallback: callback))
        }
        try pipeline.addHandler(
            PeerGreeter(node: node, dialled: dialled?.peer, verdict: verdict))
    }

    private func verification(
        _ verdict: PeerVerdict, as role: HostRole, expecting name: String?
    ) -> NIOSSLCustomVerificationCallback {
        { [chainCheck] certificates, promise in
            let chain = certificates.map { (try? $0.toDERBytes()) ?? [] }
            promise.completeWithTask {
                do {
                    let found = try await chainCheck.check(
                        chain: chain, as: role, at: Date())
                    guard name == nil || found == name else {
                        verdict.refuse("its certificate is for \(found), not for \(name ?? "")")
                        return .failed
                    }
                    verdict.pass(found)
                    return .certificateVerified
                } catch {
                    verdict.refuse("its certificate \(error)")
                    return .failed
                }
            }
        }
    }
}
