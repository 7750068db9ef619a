// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshConnection
import EntmeshMesh
import Testing

@Suite struct DefaultTests {
    @Test func whatIsNotSaidIsAsDocumented() {
        let settings = HostSettings()
        #expect(HostSettings.defaultPath == "/etc/entmesh/host.yaml")
        #expect(settings.tank.byteCount == 1_048_576)
        #expect(!settings.tank.allowsUnlockedMemory)
        #expect(settings.sources.named == nil)
        #expect(!settings.sources.isRequired)
        #expect(settings.listen.vsock)
        #expect(settings.listen.ownPool == nil)
        #expect(settings.listen.guestSockets.isEmpty)
        #expect(settings.control.path == "/run/entmesh/control.sock")
        #expect(settings.control.group == "entmesh")
        #expect(settings.libvirt.isEnabled)
        #expect(settings.libvirt.uri == nil)
        #expect(settings.libvirt.guests.isEmpty)
        #expect(settings.ownPoolTrust == .refuse)
        #expect(settings.logLevel == .info)
    }

    @Test func aGuestIsFedAsTheMeshFeedsAnAgentAndNothingIsTakenFromIt() {
        let rules = GuestRules()
        #expect(rules.defaults.isFed)
        #expect(rules.defaults.rate == 64)
        #expect(rules.defaults.burst == 512)
        #expect(rules.defaults.trust == .refuse)
        #expect(rules.defaults.allowance == TokenBucket.Allowance.agent)
        #expect(rules.overrides.isEmpty)
    }

    @Test(arguments: [
        "# tank: {size: 8 KiB}", "# a\n\n  # b\r\n#c", "---", "---\n# only this\n...\n", "{}", "~",
        "null", "%YAML 1.2\n---\n",
    ])
    func aFileThatSaysNothingIsAllDefaults(yaml: String) throws {
        #expect(try settings(yaml) == HostSettings())
    }

    @Test(arguments: [
        "tank:\nsources:\nguests:\nlisten:\ncontrol:\nlibvirt:\nown-pool:\nlog:\n",
        "tank: {}\nsources: {}\nguests: {}\nlisten: {}\ncontrol: {}\nlibvirt: {}",
        "own-pool: {}\nlog: {}\ntank: ~\n", "sources:\n  use:\n", "guests:\n  overrides: null\n",
        "guests: {overrides: []}", "listen:\n  own-pool:\n  guests: ~\n", "listen: {guests: []}",
        "libvirt:\n  uri:\n  guests:\n",
    ])
    func aSectionOrListWithNothingInItIsAsGoodAsNone(yaml: String) throws {
        #expect(try settings(yaml) == HostSettings())
    }

    @Test(arguments: ["", " ", "\n\n", "\t\r\n \u{3000}"])
    func aFileOfNothingAtAllWasCutOffAndIsRefused(yaml: String) {
        #expect(
            refusal(of: yaml)
                == "host.yaml: is empty: was it cut off? Without the file the defaults hold")
    }
}
