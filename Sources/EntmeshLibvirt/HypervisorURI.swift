// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// A libvirt URI that can serve: on this machine, and of the system's libvirtd.
package struct HypervisorURI: Sendable {
    /// What `nil` stands for. Named, so that neither LIBVIRT_DEFAULT_URI nor a guess of libvirt's
    /// decides.
    package static let standard = "qemu:///system"

    /// The URI itself.
    package let text: String

    /// Checks `text`; `nil` is `standard`.
    ///
    /// - Throws: `unsuitableURI` for another machine, an alias, and a user's own session.
    package init(_ text: String?) throws(HypervisorError) {
        let text = text ?? Self.standard
        // Also keeps out aliases of libvirt.conf, which could stand for anything.
        guard let scheme = text.firstRange(of: "://") else {
            throw .unsuitableURI(text, reason: "it has no \"://\"; use \(Self.standard)")
        }
        guard !text.utf8.contains(0) else {
            throw .unsuitableURI(text, reason: "it has a NUL character; use \(Self.standard)")
        }
        let rest = text[scheme.upperBound...].prefix { $0 != "?" && $0 != "#" }
        guard rest.first == "/" else {
            throw .unsuitableURI(
                text,
                reason: "it names another machine, and a vsock context ID means something only on "
                    + "the machine it belongs to; run the host agent there, and use "
                    + "\(Self.standard)")
        }
        guard rest != "/session" && rest != "/session/" else {
            throw .unsuitableURI(
                text,
                reason: "guests of a user's own session may have the same context ID as others, "
                    + "and their libvirtd is as trustworthy as that user; move them to "
                    + "\(Self.standard)")
        }
        self.text = text
    }
}
