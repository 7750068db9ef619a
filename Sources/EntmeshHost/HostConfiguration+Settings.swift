// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshConfig
internal import EntmeshConnection
public import EntmeshNode

extension HostConfiguration {
    /// Where the agent that feeds this host from above tells that its memory may be a copy.
    public static let defaultGenerationPath = "/run/entmesh-guest/generation"

    /// What a daemon is told that runs by `settings` on this machine, under `manager`.
    public init(
        _ settings: HostSettings, manager: ServiceManager,
        clock: @escaping @Sendable () -> Moment
    ) {
        self.init(
            listeners: settings.listen.places, roster: settings.libvirt.roster, clock: clock)
        tankCapacity = settings.tank.byteCount
        allowsUnlockedMemory = settings.tank.allowsUnlockedMemory
        controlSocketPath = settings.control.path
        controlGroup = settings.control.group
        guestRules = settings.guests
        ownPoolInbound = settings.ownPoolTrust
        peers = settings.peers
        generationPath = Self.defaultGenerationPath
        listensToKernel = true
        vsockDescriptor = manager.vsockDescriptor
        if !settings.listen.vsock, vsockDescriptor != nil {
            warnings.append(
                "entmesh-host.socket keeps a vsock port that nothing listens on: agents dial and "
                    + "wait; type: sudo systemctl disable --now entmesh-host.socket")
        }
        journalPath = JournalRecord.defaultPath
        ledgerPath = manager.stateDirectory.map { "\($0)/ledger.json" }
    }
}

extension ListenSettings {
    fileprivate var places: [Listen] {
        var places: [Listen] = vsock ? [.vsock(port: Wire.port)] : []
        if let ownPool { places.append(.unix(path: ownPool, peer: .ownPool)) }
        return places + guestSockets.map { .unix(path: $0.path, peer: .guest(name: $0.name)) }
    }
}

extension LibvirtSettings {
    fileprivate var roster: GuestRoster {
        isEnabled
            ? .libvirt(uri: uri) : .fixed(guests.map { StaticGuest(name: $0.name, cid: $0.cid) })
    }
}
