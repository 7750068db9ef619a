// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshLibvirt
import EntmeshLibvirtWrite
import EntmeshTestSupport
import Foundation
import Testing

@testable import entmesh

/// `entmesh attach` and `entmesh detach`, as they are built, against libvirt's test driver, which can
/// tell what there is but changes nothing.
@Suite(.timeLimit(.minutes(5)))
struct AttachCommandTests {
    private static let program = "\(Child.buildDirectory ?? ".")/entmesh"
    private static let vsock =
        "<vsock model='virtio'><cid auto='no' address='7'/></vsock>"

    private func run(
        _ arguments: String..., devices: String = "", environment: [String: String] = [:]
    ) async throws -> (status: Int32, output: String) {
        let directory = try TestDirectory()
        let node = directory.path("node.xml")
        let xml = """
            <node>
              <domain type='test'>
                <name>web1</name><uuid>00000000-0000-4000-8000-000000000001</uuid>
                <memory>8192</memory><os><type>hvm</type></os><devices>\(devices)</devices>
              </domain>
            </node>
            """
        try Data(xml.utf8).write(to: URL(fileURLWithPath: node))
        let child = try Child(
            [Self.program] + arguments, log: directory.path("out"),
            environment: ["LIBVIRT_DEFAULT_URI": "test://\(node)"].merging(environment) { $1 })
        return (await child.status(), child.log)
    }

    @Test func aDryRunShowsTheExactDevice() async throws {
        let attach = try await run("attach", "web1", "--dry-run")
        #expect(attach.status == 0)
        #expect(
            attach.output == """
                this would be added to the persistent definition and the running guest of web1:
                <vsock model='virtio'>
                  <cid auto='yes'/>
                </vsock>

                """)
        let detach = try await run("detach", "1", "--dry-run", devices: Self.vsock)
        #expect(detach.status == 0)
        #expect(
            detach.output == """
                this would be taken out of the persistent definition and the running guest of web1:
                <vsock model='virtio'>
                  <cid address='7' auto='no'/>
                </vsock>

                """)
    }

    @Test func aSecondTimeThereIsNothingToDo() async throws {
        let attach = try await run("attach", "web1", devices: Self.vsock)
        #expect(attach.status == 0)
        #expect(attach.output == "web1 has a vsock device already (context ID 7): nothing to do\n")
        let detach = try await run("detach", "web1")
        #expect(detach.status == 0)
        #expect(detach.output == "web1 has no vsock device: nothing to do\n")
    }

    @Test func asJSONItIsVersionedAndOneLine() async throws {
        let dry = try await run("attach", "web1", "--dry-run", "--json")
        #expect(dry.status == 0)
        #expect(
            dry.output == #"{"change":"attach","devices":[{"configuration":"persistent","#
                + #""xml":"<vsock model='virtio'>\n  <cid auto='yes'/>\n</vsock>"},"#
                + #"{"configuration":"live","#
                + #""xml":"<vsock model='virtio'>\n  <cid auto='yes'/>\n</vsock>"}],"#
                + #""domain":"web1","dryRun":true,"live":"to-add","notes":[],"#
                + #""persistent":"to-add","uuid":"00000000-0000-4000-8000-000000000001","#
                + #""version":1}"# + "\n")
    }

    @Test func whatLibvirtRefusesIsAnError() async throws {
        let attach = try await run("attach", "web1")
        #expect(attach.status == 1)
        let parts = attach.output.split(separator: "\n").suffix(3)
        #expect(parts.first == "persistent definition: failed")
        #expect(parts.dropFirst().first == "running guest: failed")
        let error = "error: cannot add it to the persistent definition: this function is not supp"
        #expect(parts.last?.hasPrefix(error) == true)
    }

    @Test func anUnknownDomainIsToldAsVirshDoes() async throws {
        for command in ["attach", "detach"] {
            let ending = try await run(command, "x\u{1B}")
            #expect(ending.status == 1)
            #expect(ending.output == "error: failed to get domain 'x\\u{1b}'\n")
        }
    }

    @Test func guestsOfASessionAreRefused() async throws {
        for arguments in [["attach", "x", "-c", "qemu:///session"], ["detach", "x"]] {
            let ending = try await run(
                arguments[0], arguments[1], arguments.count > 2 ? "-c" : "--dry-run",
                arguments.count > 2 ? arguments[3] : "--json",
                environment: ["LIBVIRT_DEFAULT_URI": "qemu:///session"])
            #expect(ending.status == 1 && ending.output.contains("guests of a user's own session"))
        }
    }

    // What the daemon cannot call, it cannot be made to call.
    @Test func theDaemonCannotChangeDomains() throws {
        let build = Child.buildDirectory ?? "."
        for name in ["virDomainAttachDeviceFlags", "virDomainDetachDeviceFlags"] {
            let symbol = Data(name.utf8)
            let command = try Data(contentsOf: URL(fileURLWithPath: "\(build)/entmesh"))
            #expect(command.range(of: symbol) != nil)
            let daemon = try Data(contentsOf: URL(fileURLWithPath: "\(build)/entmesh-host"))
            #expect(daemon.range(of: symbol) == nil)
        }
    }
}
