// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Testing

@testable import EntmeshLibvirt

@Suite("A libvirt URI")
struct HypervisorURITests {
    @Test("is the system's QEMU by default")
    func standard() throws {
        #expect(try HypervisorURI(nil).text == "qemu:///system")
    }

    @Test(
        "of this machine is taken",
        arguments: [
            "qemu:///system", "qemu+unix:///system?socket=/run/x/libvirt-sock-ro", "xen:///",
            "test:///default", "test:///tmp/session/node.xml",
        ])
    func takes(uri: String) throws {
        #expect(try HypervisorURI(uri).text == uri)
    }

    @Test(
        "of a session, of another machine or of nothing is refused with the reason",
        arguments: [
            ("qemu:///session", "session"), ("qemu+unix:///session?socket=/x", "session"),
            ("qemu:///session/", "session"), ("qemu+ssh://root@far/system", "another machine"),
            ("qemu+tls://far/system?pkipath=/x", "another machine"), ("qemu://", "another machine"),
            ("", "://"), ("alias", "://"), ("qemu:///system\u{0}", "NUL"),
        ])
    func refuses(uri: String, word: String) {
        let error = #expect(throws: HypervisorError.self) { try Hypervisor(uri: uri) }
        #expect(error?.description.contains(word) == true)
        #expect(error?.description.contains("qemu:///system") == true)
    }
}
