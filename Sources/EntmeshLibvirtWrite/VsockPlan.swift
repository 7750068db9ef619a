// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLibvirt

/// What is to be done so that a domain has a vsock device, or none: nothing, if all is so already.
package struct VsockPlan: Sendable, Equatable {
    /// What an operator wants.
    package enum Change: String, Sendable, Codable {
        case attach
        case detach
    }

    /// A configuration that can be changed.
    package enum Configuration: Sendable, Equatable {
        case persistent
        case live
    }

    /// One change of one configuration.
    package struct Step: Sendable, Equatable {
        package let configuration: Configuration
        /// The device that is added or taken away.
        package let xml: String
    }

    /// The device that is added: libvirt chooses a context ID that is free.
    package static let standardDevice = """
        <vsock model='virtio'>
          <cid auto='yes'/>
        </vsock>
        """

    /// In the order in which they are to be done: what only changes a file comes first.
    package let steps: [Step]

    /// The steps from what a domain has to what is wanted.
    package init(_ change: Change, of domain: DomainVsocks) {
        let parts: [(Configuration, DomainVsocks.Presence, other: DomainVsocks.Presence)] = [
            (.persistent, domain.persistent, domain.live),
            (.live, domain.live, domain.persistent),
        ]
        steps = parts.compactMap { configuration, presence, other in
            switch (change, presence) {
            case (_, .noConfiguration), (.attach, .present), (.detach, .absent): nil
            case (.attach, .absent):
                Step(configuration: configuration, xml: Self.device(like: other.device))
            case (.detach, .present(let device)):
                Step(configuration: configuration, xml: device.xml)
            }
        }
    }

    // A context ID that somebody chose is one that somebody counts on.
    private static func device(like other: VsockDevice?) -> String {
        guard let other, !other.isAutomatic, let contextID = other.contextID else {
            return standardDevice
        }
        return standardDevice.replacing("auto='yes'", with: "auto='no' address='\(contextID)'")
    }
}
