// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshConnection
import EntmeshSources
import Foundation
import Testing

/// host-agent/host.yaml, which is installed, and docs/configuration.md: what they say is true.
@Suite struct ShippedFileTests {
    private let text: String
    private let manual: String

    init() throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        func read(_ path: String) throws -> String {
            try String(contentsOf: package.appending(path: path), encoding: .utf8)
        }
        text = try read("host-agent/host.yaml")
        manual = try read("docs/configuration.md")
    }

    private var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The text with every key switched on: `#key: value`, where `# ` begins prose.
    private var everythingOn: String {
        lines.map { line in
            let rest = line.drop { $0 == " " }
            guard rest.hasPrefix("#"), rest.count > 1, !rest.hasPrefix("# ") else { return line }
            return line.prefix(line.count - rest.count) + rest.dropFirst()
        }.joined(separator: "\n")
    }

    @Test func asItIsItIsAllDefaults() throws {
        #expect(try settings(text) == HostSettings())
    }

    @Test func switchedOnItSaysWhatItsCommentsSay() throws {
        var wanted = HostSettings()
        var source = SourceSettings(kind: .characterDevice, path: "/dev/ttyACM0")
        source.name = "trng"
        source.claim = source.kind.defaultClaim
        source.line = SerialLine()
        wanted.sources.named = [source]
        var builds = GuestRules.Override(match: .name(pattern: "build-*"))
        builds.isFed = false
        var one = GuestRules.Override(match: .uuid("0e2f1c3a-9b4d-4c5e-8f60-7a8b9c0d1e2f"))
        one.isFed = true
        one.rate = 1024
        one.burst = 4096
        one.trust = .refuse
        wanted.guests.overrides = [builds, one]
        wanted.listen.ownPool = "/run/entmesh/guest.sock"
        wanted.listen.guestSockets = [.init(name: "fc1", path: "/srv/fc1/v.sock_700")]
        var host = PeerHost(name: "web2", address: PeerAddress(host: "web2.example", port: 7733))
        host.trust = .credit
        wanted.peers.hosts = [host]
        wanted.peers.listen = PeerAddress(host: "192.0.2.1", port: 7733)
        // What nil stands for.
        wanted.libvirt.uri = "qemu:///system"
        #expect(try settings(everythingOn) == wanted)
    }

    @Test func theExampleOfGuestsWithoutLibvirtIsGood() throws {
        let example = try #require(text.firstMatch(of: /look like this: (\[.*\])/)?.1)
        let read = try settings("libvirt:\n  enabled: off\n  guests: \(example)\n").libvirt.guests
        #expect(read == [.init(name: "web1", cid: 3), .init(name: "db1", cid: 4)])
    }

    @Test func everyKeyCanBeSwitchedOnByItself() throws {
        let keys = everythingOn.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, key) in keys.enumerated()
        where key != lines[index] && key.hasPrefix("  ") && !key.hasPrefix("   ") {
            var changed = lines
            changed[index] = key
            #expect(throws: Never.self) { try settings(changed.joined(separator: "\n")) }
        }
    }

    @Test func theLimitsItNamesAreThoseThatHold() throws {
        for limit in [
            "4 KiB to 1 GiB", "1 B/s to 1 MiB/s", "32 B to 1 MiB", "0.125 to 8 bits a byte",
            "3 to 4294967294",
        ] {
            #expect(text.contains(limit))
        }
        #expect(TankSettings.allowedByteCount == 4 << 10...1 << 30)
        #expect(GuestSettings.allowedRate == 1...1 << 20)
        #expect(GuestSettings.allowedBurst == 32...1 << 20)
        #expect(EntropyClaim.allowedBitsPerByte == 0.125...8)
        let words = text.split { $0.isWhitespace || $0 == "," }
        for rate in SerialLine.rates { #expect(words.contains("\(rate)")) }
        for level in LogLevel.allCases { #expect(words.contains { $0.hasPrefix(level.rawValue) }) }
        for kind in NoiseSourceKind.allCases { #expect(text.contains(kind.rawValue)) }
    }

    // MARK: The manual

    @Test func everyKeyIsInTheManual() {
        let keys = everythingOn.matches(of: /^ *(?:- )?([a-z-]+):/.anchorsMatchLineEndings())
        #expect(keys.count > 40)
        for key in keys.map(\.1) {
            #expect(manual.contains("`\(key)`") || manual.contains("### \(key)\n"))
        }
    }

    @Test func everyExampleOfTheManualIsGood() throws {
        let examples = manual.matches(of: /```yaml\n([^`]*)```/)
        #expect(examples.count == 4)
        for example in examples { #expect(try settings(String(example.1)) != HostSettings()) }
    }

    @Test(arguments: [
        (String(repeating: "\n", count: 11) + "    sorces:", 12), ("tank:\ntank:", 1),
        ("tank:\n  size: 1 MB", 2), ("tank:\n  size: 2 GiB", 2), ("sources:\n  use: tpm", 2),
        ("sources:\n  use:\n    - kind: tpm\n      claim: 8.1", 4), ("libvirt: off", 1),
        ("guests:\n  overrides:\n    - name: *.test", 3), ("tank:\n\tsize: 1 MiB", 2),
        ("sources:\n  use:\n    - kind: tpm\n\n    - kind: tpm", 5),
        ("peers:\n  hosts:\n    - name: web2\n      address: 2001:db8::2", 4),
        ("peers:\n  hosts:\n    - address: web2", 3),
        ("peers:\n  hosts:\n    - name: web2\n      credit-at-most: 4", 4), ("", 0),
    ])
    func theErrorsOfTheManualAreTheRealOnes(yaml: String, line: Int) throws {
        let said = try #require(refusal(of: yaml))
        #expect(said.hasPrefix(line == 0 ? "host.yaml: " : "host.yaml:\(line):"))
        let rows = manual.matches(of: /^\| `(host\.yaml[^`]*)` \|/.anchorsMatchLineEndings())
        #expect(
            rows.contains { row in
                said == row.1 || row.1.hasSuffix("...") && said.hasPrefix(row.1.dropLast(3))
            }, "\(said) is not in the manual")
    }
}
