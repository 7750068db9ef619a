// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Foundation

@testable import EntmeshLibvirt

/// A virtual machine host that exists in libvirt's test driver only, described by a file. Its state
/// is that of one connection: each connection begins with what the file says.
final class TestNode: Sendable {
    private let folder: URL
    private var file: URL { folder.appending(path: "node.xml") }

    /// What `Hypervisor` opens.
    var uri: String { "test://" + file.path }

    /// - Parameter domains: `nil` leaves the file out, so that connecting fails.
    init(_ domains: [TestDomain]?) throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "entmesh-libvirt-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if let domains { try write(domains) }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ domains: [TestDomain]) throws {
        let text = "<node>\(domains.map(\.xml).joined())</node>"
        try Data(text.utf8).write(to: file, options: .atomic)
    }
}

/// A domain in a `TestNode`.
struct TestDomain: Sendable {
    /// The last byte of the UUID.
    let number: Int
    var name: String
    var devices = ""
    /// As libvirt's number: 1 is running, 3 paused, 5 shut off.
    var state = 1
    var isTransient = false
    var hasManagedSaveImage = false
    var genID = false
    var extra = ""

    init(_ number: Int, _ name: String) {
        self.number = number
        self.name = name
    }

    func with(_ change: (inout TestDomain) -> Void) -> TestDomain {
        var copy = self
        change(&copy)
        return copy
    }

    func cid(_ cid: UInt32) -> TestDomain {
        with { $0.devices += "<vsock model='virtio'><cid auto='no' address='\(cid)'/></vsock>" }
    }

    var uuid: DomainUUID {
        DomainUUID("00000000-0000-4000-8000-" + String(format: "%012x", number))!
    }

    var xml: String {
        """
        <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
          <name>\(name)</name><uuid>\(uuid)</uuid><memory>8192</memory><vcpu>1</vcpu>
          \(genID ? "<genid/>" : "")<os><type>hvm</type></os><devices>\(devices)</devices>
          <test:runstate>\(state)</test:runstate>
          \(isTransient ? "<test:transient/>" : "")
          \(hasManagedSaveImage ? "<test:hasmanagedsave/>" : "")\(extra)
        </domain>
        """
    }
}
