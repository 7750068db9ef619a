// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshTestSupport
import Foundation
import Testing

@testable import entmesh

/// What `entmesh doctor` reads of a machine, from a tree of files that is one.
struct HostFactsTests {
    private let directory: TestDirectory

    init() throws {
        directory = try TestDirectory()
    }

    private func write(_ files: [String: String]) throws {
        for (path, text) in files {
            let url = URL(fileURLWithPath: directory.root + path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
    }

    private var facts: HostFacts {
        var facts = HostFacts()
        facts.read(files: FileTree(root: directory.root))
        return facts
    }

    @Test func nothingIsThereOnAnEmptyMachine() {
        let facts = facts
        #expect(facts.devices.isEmpty && facts.swaps.isEmpty && facts.feeders.isEmpty)
        #expect(facts.daemon == nil && facts.currentGenerator == nil)
        #expect(!facts.hasRDSEED && !facts.isVhostVsockLoaded && !facts.isAppArmorEnabled)
    }

    @Test func theMachineIsRead() throws {
        try write([
            "/dev/hwrng": "", "/dev/ttyUSB1": "", "/dev/ttyACM0": "", "/dev/tty": "",
            "/sys/class/misc/hw_random/rng_current": "tpm-rng-0\n",
            "/proc/cpuinfo": "flags\t: fpu rdseed adx\n", "/sys/module/vhost_vsock/refcnt": "0",
            "/sys/module/apparmor/parameters/enabled": "Y\n",
        ])
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640], ofItemAtPath: directory.root + "/dev/hwrng")
        let facts = facts
        #expect(facts.devices.keys.sorted() == ["/dev/hwrng"])
        #expect(facts.devices["/dev/hwrng"]?.mode == 0o640)
        #expect(facts.currentGenerator == "tpm-rng-0" && facts.hasRDSEED)
        #expect(facts.isVhostVsockLoaded && facts.isAppArmorEnabled)
        #expect(facts.serialPorts == ["/dev/ttyACM0", "/dev/ttyUSB1"])
    }

    @Test func rdseedIsAWordOfItsOwn() throws {
        try write(["/proc/cpuinfo": "flags\t: fpu rdseedx\n"])
        #expect(!facts.hasRDSEED)
    }

    @Test func swapIsHarmlessWhereItIsEncryptedOrInMemory() throws {
        try write([
            "/proc/swaps": """
            Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority
            /dev/dm-1                               partition\t999420\t\t0\t\t-2
            /dev/dm-2                               partition\t999420\t\t0\t\t-3
            /dev/zram0                              partition\t999420\t\t0\t\t100
            /swapfile                               file\t\t999420\t\t0\t\t-4

            """,
            "/sys/class/block/dm-1/dm/uuid": "CRYPT-PLAIN-swap\n",
            "/sys/class/block/dm-2/dm/uuid": "LVM-x\n",
        ])
        #expect(facts.swaps.map(\.path) == ["/dev/dm-1", "/dev/dm-2", "/dev/zram0", "/swapfile"])
        #expect(facts.swaps.map(\.isHarmless) == [true, false, true, false])
    }

    @Test func theDaemonAndOtherFeedersAreFoundByName() throws {
        try write([
            "/proc/12/comm": "entmesh-host\n", "/proc/13/comm": "jitterentropy-r\n",
            "/proc/14/comm": "rngd\n", "/proc/self/comm": "haveged\n",
            "/proc/12/limits": """
            Limit                     Soft Limit           Hard Limit           Units
            Max locked memory         unlimited            unlimited            bytes
            Max open files            1024                 524288               files

            """,
            "/proc/12/status":
                "Name:\tentmesh-host\nUid:\t0\t65534\t0\t0\nGid:\t1\t4000000001\t1\t1\n"
                + "Groups:\t4000000002 4000000003 \n",
        ])
        let facts = facts
        #expect(facts.feeders == ["rngd", "jitterentropy-rngd"])
        let daemon = try #require(facts.daemon)
        #expect(daemon.lockedMemoryLimit == .unlimited && daemon.openFileLimit == .most(1024))
        #expect(!daemon.isRoot)
        #expect(daemon.groups == ["4000000001", "4000000002", "4000000003"])
        let unread = HostFacts.Daemon(limits: "", status: "")
        #expect(unread.lockedMemoryLimit == .unknown && unread.openFileLimit == .unknown)
        #expect(HostFacts.Daemon(limits: "", status: "Uid:\t1\t0\t0\t0\n").isRoot)
    }
}
