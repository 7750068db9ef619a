// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshCertificates
internal import EntmeshConfig
internal import Foundation

/// A folder that is gone when the program ends.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "bench-mesh-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// Two hosts of one CA: "giver" and "taker".
struct Identities: Sendable {
    let folder: CertificateFolder

    init(in temporary: TemporaryFolder) async throws {
        folder = CertificateFolder(temporary.path + "/peers")
        let authority = try CertificateAuthority.create()
        try folder.write(authority)
        for name in ["giver", "taker"] {
            try folder.write(try authority.issue(to: name), for: name, renews: false)
        }
    }

    func settings(of name: String) -> PeersSettings {
        var settings = PeersSettings()
        settings.certificatePath = folder.certificatePath(of: name)
        settings.keyPath = folder.keyPath(of: name)
        settings.authorityPath = folder.authorityCertificatePath
        return settings
    }
}
