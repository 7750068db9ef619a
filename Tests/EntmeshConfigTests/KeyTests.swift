// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshConnection
import Testing

/// Every key reaches its setting.
@Suite struct KeyTests {
    @Test func theTankHasASizeAndMayGoUnlocked() throws {
        var wanted = HostSettings()
        wanted.tank.byteCount = 64 << 20
        wanted.tank.allowsUnlockedMemory = true
        #expect(try settings("tank:\n  size: 64 MiB\n  allow-unlocked-memory: on\n") == wanted)
    }

    @Test func sourcesCanBeRequired() throws {
        var wanted = HostSettings()
        wanted.sources.isRequired = true
        #expect(try settings("sources: {required: on}") == wanted)
    }

    @Test func guestsHaveTermsForAll() throws {
        var wanted = HostSettings()
        wanted.guests.defaults.isFed = false
        wanted.guests.defaults.rate = 1024
        wanted.guests.defaults.burst = 4096
        wanted.guests.defaults.trust = .mix
        #expect(
            try settings("guests: {feed: off, rate: 1 KiB/s, burst: 4 KiB, trust: mix}") == wanted)
    }

    @Test func eachTermStandsForItself() throws {
        for (yaml, change) in [
            ("feed: off", { $0.isFed = false }), ("rate: 7 B/s", { $0.rate = 7 }),
            ("burst: 32 B", { $0.burst = 32 }), ("trust: credit", { $0.trust = .credit }),
        ] as [(String, (inout GuestSettings) -> Void)] {
            var wanted = GuestSettings()
            change(&wanted)
            #expect(try settings("guests: {\(yaml)}").guests.defaults == wanted)
        }
    }

    @Test func placesToListen() throws {
        var wanted = HostSettings()
        wanted.listen.vsock = false
        wanted.listen.ownPool = "/run/entmesh/guest.sock"
        wanted.listen.guestSockets = [
            .init(name: "fc1", path: "/srv/fc1/v.sock_700"), .init(name: "fc 2", path: "/b"),
        ]
        let yaml = """
            listen:
              vsock: off
              own-pool: /run/entmesh/guest.sock
              guests:
                - name: fc1
                  path: /srv/fc1/v.sock_700
                - {path: /b, name: fc 2}
            """
        #expect(try settings(yaml) == wanted)
    }

    @Test func theControlSocketAndItsGroup() throws {
        var wanted = HostSettings()
        wanted.control.path = "/run/other.sock"
        wanted.control.group = "wheel"
        #expect(try settings("control: {socket: /run/other.sock, group: wheel}") == wanted)
    }

    @Test func whichLibvirt() throws {
        var wanted = HostSettings()
        wanted.libvirt.uri = "test:///default"
        #expect(try settings("libvirt:\n  enabled: on\n  uri: test:///default") == wanted)
    }

    @Test func guestsWithoutLibvirt() throws {
        var wanted = HostSettings()
        wanted.libvirt.isEnabled = false
        wanted.libvirt.guests = [
            .init(name: "web1", cid: 3), .init(name: "db1", cid: 4_294_967_294),
        ]
        let yaml = """
            libvirt:
              guests:
                - {name: web1, cid: 3}
                - {name: db1, cid: 4294967294}
              enabled: off
            """
        #expect(try settings(yaml) == wanted)
    }

    @Test(arguments: [("refuse", InboundTrust.refuse), ("mix", .mix), ("credit", .credit)])
    func howFarTheOwnPoolIsTrusted(word: String, trust: InboundTrust) throws {
        #expect(try settings("own-pool: {trust: \(word)}").ownPoolTrust == trust)
    }

    @Test(arguments: LogLevel.allCases)
    func howMuchIsLogged(level: LogLevel) throws {
        #expect(try settings("log:\n  level: \(level.rawValue)\n").logLevel == level)
    }

    @Test func allSectionsAtOnceInAnyOrder() throws {
        let yaml = """
            log: {level: debug}
            own-pool: {trust: credit}
            libvirt: {uri: "qemu:///system"}
            control: {group: ops}
            listen: {vsock: no}
            guests: {rate: 1}
            sources: {required: yes}
            tank: {size: 4096}
            """
        let read = try settings(yaml)
        #expect(read.logLevel == .debug)
        #expect(read.ownPoolTrust == .credit)
        #expect(read.libvirt.uri == "qemu:///system")
        #expect(read.control.group == "ops")
        #expect(!read.listen.vsock)
        #expect(read.guests.defaults.rate == 1)
        #expect(read.sources.isRequired)
        #expect(read.tank.byteCount == 4096)
    }
}
