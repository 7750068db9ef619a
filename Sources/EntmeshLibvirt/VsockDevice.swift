// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// A vsock device in a domain's configuration.
package struct VsockDevice: Sendable, Equatable {
    /// The device as XML. To take a device away, libvirt wants it as it is, with its address.
    package let xml: String
    /// Its context ID; `nil` where it gets one at the start.
    package let contextID: UInt32?
    /// Whether libvirt chooses the context ID.
    package let isAutomatic: Bool

    /// A device that stands in a configuration like this.
    package init(xml: String, contextID: UInt32?, isAutomatic: Bool) {
        self.xml = xml
        self.contextID = contextID
        self.isAutomatic = isAutomatic
    }
}
