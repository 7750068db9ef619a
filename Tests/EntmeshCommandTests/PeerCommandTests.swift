// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshTestSupport
import Foundation
import Testing

/// `entmesh peer`, as it is built: files made, and words for what is next.
@Suite(.timeLimit(.minutes(5)))
struct PeerCommandTests {
    private let root: TestDirectory
    private var peers: String { root.path("etc/peers") }

    init() throws {
        root = try TestDirectory()
    }

    private func peer(
        _ arguments: String..., prefix: [String] = []
    ) async throws -> (status: Int32, output: String) {
        let child = try Child(
            prefix + ["\(Child.buildDirectory ?? ".")/entmesh", "peer"] + arguments
                + ["--directory", peers], log: root.path("out"))
        return (await child.status(), child.log)
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    /// A time as it is shown, so many days from now, to the day; a day later if midnight is near.
    private func isDay(_ text: Substring, after days: Double) -> Bool {
        [0, 3600].contains { slack in
            let date = Date() + days * 86_400 - slack
            return text.hasPrefix(date.formatted(.iso8601.year().month().day()))
        }
    }

    @Test func aCAIsMadeAndTheNextStepSaid() async throws {
        let made = try await peer("init-ca")
        #expect(made.status == 0)
        let lines = made.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("made a CA, good until ") && lines[0].hasSuffix(" UTC:"))
        #expect(isDay(lines[0].dropFirst("made a CA, good until ".count), after: 3650))
        #expect(lines[1] == "  \(peers)/ca.pem  for every host")
        #expect(lines[2] == "  \(peers)/ca.key  stays here: whoever reads it can make hosts")
        #expect(lines[3] == "next, for each host: entmesh peer issue NAME --directory \(peers)")
    }

    @Test func aHostsFilesAreMadeAndWhereTheyGoSaid() async throws {
        _ = try await peer("init-ca")
        let made = try await peer("issue", "web1", "--days", "30")
        #expect(made.status == 0)
        let lines = made.output.split(separator: "\n", maxSplits: 1)
        #expect(isDay(lines[0].dropFirst("web1 is good until ".count), after: 30))
        #expect(lines[0].hasSuffix(" UTC. Copy these three to it, to /etc/entmesh/peers:"))
        #expect(
            lines[1] == """
                  \(peers)/ca.pem
                  \(peers)/web1.pem
                  \(peers)/web1.key  secret: mode 0600, and the daemon's user owns it
                and let its /etc/entmesh/host.yaml say:
                peers:
                  certificate: /etc/entmesh/peers/web1.pem
                  key: /etc/entmesh/peers/web1.key
                  ca: /etc/entmesh/peers/ca.pem

                """)
    }

    @Test func keysAreForTheirOwnerOnlyWhateverTheUmaskIs() async throws {
        let loose = ["/bin/sh", "-c", #"umask 0; exec "$@""#, "sh"]
        #expect(try await peer("init-ca", prefix: loose).status == 0)
        let tight = ["/bin/sh", "-c", #"umask 777; exec "$@""#, "sh"]
        #expect(try await peer("issue", "web1", prefix: tight).status == 0)
        #expect(try mode(peers) == 0o700)
        for name in ["ca", "web1"] {
            #expect(try mode("\(peers)/\(name).key") == 0o600)
            #expect(try mode("\(peers)/\(name).pem") == 0o644)
        }
    }

    @Test func aSecondCAIsRefused() async throws {
        _ = try await peer("init-ca")
        let key = try Data(contentsOf: URL(fileURLWithPath: "\(peers)/ca.key"))
        let again = try await peer("init-ca")
        #expect(again.status == 1)
        #expect(
            again.output == """
                error: \(peers)/ca.key: there is a CA already, and a new one would shut out every \
                host that it made; use it: entmesh peer issue NAME --directory \(peers), or make \
                another elsewhere: entmesh peer init-ca --directory DIRECTORY

                """)
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(peers)/ca.key")) == key)
    }

    @Test func aHostIsIssuedToAgainOnlyIfThatIsAskedFor() async throws {
        _ = try await peer("init-ca")
        _ = try await peer("issue", "web1")
        let key = try Data(contentsOf: URL(fileURLWithPath: "\(peers)/web1.key"))
        let again = try await peer("issue", "web1")
        #expect(again.status == 1)
        #expect(
            again.output == """
                error: \(peers)/web1.key: is there already; to replace it: \
                entmesh peer issue web1 --renew --directory \(peers)

                """)
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(peers)/web1.key")) == key)
        let renewed = try await peer("issue", "web1", "--renew")
        #expect(renewed.status == 0)
        #expect(renewed.output.hasSuffix("\nthen, there: sudo systemctl reload entmesh-host\n"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(peers)/web1.key")) != key)
    }

    @Test func withoutACAItSaysWhatToTypeFirst() async throws {
        let refused = try await peer("issue", "web1")
        #expect(refused.status == 1)
        #expect(
            refused.output == """
                error: \(peers)/ca.pem: there is no such file; make a CA with: \
                entmesh peer init-ca --directory \(peers)

                """)
    }

    @Test(arguments: [
        ("Web1", "must be in lower case: web1"), ("ca", "is what the CA's own files are called"),
        ("../web1", "may hold only letters a to z, digits, hyphens and dots"),
    ])
    func aNameThatIsNoneIsRefusedWithTheReason(_ name: String, _ problem: String) async throws {
        _ = try await peer("init-ca")
        let refused = try await peer("issue", name)
        #expect(refused.status == 1 && refused.output == "error: '\(name)': \(problem)\n")
    }

    @Test(arguments: [
        ["init-ca", "--days", "0"], ["init-ca", "--days", "7301"], ["issue", "x", "--days", "-1"],
        ["issue"], ["issue", "a", "b"], ["init-ca", "--force"], ["issue", "a", "--force"],
        ["isue"],
    ])
    func wrongUsageIsSaidAndMakesNothing(_ arguments: [String]) async throws {
        let child = try Child(
            ["\(Child.buildDirectory ?? ".")/entmesh", "peer"] + arguments
                + ["--directory", peers], log: root.path("out"))
        #expect(await child.status() == 64)
        #expect(!FileManager.default.fileExists(atPath: peers))
    }
}
