// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

package import EntmeshLibvirt

/// What the configurations of a domain have of a vsock device, at one moment.
package struct DomainVsocks: Sendable, Equatable {
    /// One of a domain's configurations.
    package enum Presence: Sendable, Equatable {
        /// There is no such configuration: the domain does not run, is transient, or is not saved.
        case noConfiguration
        /// It has no vsock device.
        case absent
        /// It has this one.
        case present(VsockDevice)

        /// The device, if there is one.
        package var device: VsockDevice? {
            if case .present(let device) = self { device } else { nil }
        }
    }

    /// The domain's name, which is outside text.
    package var name: String
    package var uuid: DomainUUID
    /// Of the machine that runs now.
    package var live: Presence
    /// Of the machine that the next start makes.
    package var persistent: Presence
    /// Of the machine whose memory is saved: the next start goes on with that one.
    package var saved: Presence

    /// A domain whose configurations are these.
    package init(
        name: String, uuid: DomainUUID, live: Presence, persistent: Presence, saved: Presence
    ) {
        self.name = name
        self.uuid = uuid
        self.live = live
        self.persistent = persistent
        self.saved = saved
    }
}
