// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshSources
import Testing

@testable import EntmeshConfig

/// `peers:`, the other hosts.
struct PeersTests {
    @Test func isReadWhole() throws {
        let settings = try settings(
            """
            peers:
              listen: 192.0.2.1
              certificate: /a/host.pem
              key: /a/host.key
              ca: /a/ca.pem
              hosts:
                - name: M2.example
                  address: "[2001:db8::2]:4711"
                  send: off
                  receive: credit
                  credit-at-most: 4
                - name: m3
            """)
        let peers = settings.peers
        #expect(peers.listen == PeerAddress(host: "192.0.2.1", port: 7733))
        #expect(peers.certificatePath == "/a/host.pem" && peers.keyPath == "/a/host.key")
        #expect(peers.authorityPath == "/a/ca.pem")
        #expect(peers.hosts.map(\.name) == ["m2.example", "m3"])
        #expect(peers.hosts[0].address == PeerAddress(host: "2001:db8::2", port: 4711))
        #expect(!peers.hosts[0].sends && peers.hosts[0].trust == .credit)
        #expect(peers.hosts[0].creditAtMost.bitsPerByte == 4)
    }

    @Test func aHostIsGivenEntropyAndOnlyMixedFromUnlessItIsSaid() throws {
        let host = try settings("peers:\n  hosts:\n    - name: m2").peers.hosts[0]
        #expect(host.sends && host.trust == .mix && host.address == nil)
        #expect(host.creditAtMost == .full)
    }

    @Test func withoutItThereIsNobody() throws {
        #expect(try settings("peers:").peers == PeersSettings())
        #expect(PeersSettings().hosts.isEmpty)
    }

    @Test(arguments: [
        ("- {}", "takes the name that is in its certificate"),
        ("- name: m2\n    - name: M2", "two hosts called 'm2'"),
        ("- name: a b", "is no host name"), ("- name: 192.0.2.1", "is an address or a number"),
        ("- name: host", "own pool"), ("- name: m2\n      address: m2:+77", "is no address"),
        ("- name: \(String(repeating: "x", count: 65))", "is no host name"),
        ("- name: m2\n      address: m2:0", "is no address"),
        ("- name: m2\n      address: 2001:db8::1", "is no address"),
        ("- name: m2\n      address: \"[::1\"", "is no address"),
        ("- name: m2\n      address: m2:70000", "is no address"),
        ("- name: m2\n      address: 7733", "is no address"),
        ("- name: m2\n      address: \"*:7733\"", "is no address"),
        ("- name: m2\n      receive: credits", "did you mean 'credit'?"),
        ("- name: m2\n      credit-at-most: 4", "goes with 'receive: credit'"),
        ("- name: m2\n      receive: credit\n      credit-at-most: 9", "from 0.125 to 8.0"),
        ("- name: m2\n      adress: m2", "did you mean 'address'?"),
    ])
    func whatMakesNoSenseIsRefused(_ text: String, _ problem: String) {
        #expect {
            try settings("peers:\n  hosts:\n    \(text)")
        } throws: {
            "\($0)".contains(problem)
        }
    }

    @Test(arguments: [
        ("m2", "m2", 7733), ("m2:1", "m2", 1), ("192.0.2.1:65535", "192.0.2.1", 65535),
        ("[::1]", "::1", 7733), ("[::1]:80", "::1", 80),
    ])
    func addressesAreReadAndWrittenAlike(_ text: String, _ host: String, _ port: Int) throws {
        let address = try #require(PeerAddress(text))
        #expect(address.host == host && address.port == port)
        #expect(PeerAddress("\(address)") == address)
    }
}
