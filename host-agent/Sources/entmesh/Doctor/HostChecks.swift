// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The looks of `entmesh doctor` at a host: each is a function from facts to findings.
enum HostChecks {
    static func all(_ facts: HostFacts) -> [Finding] {
        daemon(facts) + limits(facts) + group(facts) + [hwrng(facts), tpm(facts)]
            + [processor(facts)] + sources(facts) + serialPorts(facts) + feeders(facts)
            + [vhostVsock(facts), libvirt(facts), appArmor(facts), swap(facts), clock(facts)]
            + guests(facts)
    }
}
