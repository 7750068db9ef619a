// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLibvirt

extension String {
    private static let plainBytes = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:+@-".utf8)

    /// Whether it is itself on a command line: no shell expands it, nothing takes it for an option.
    var isPlainWord: Bool {
        !isEmpty && !hasPrefix("-") && utf8.allSatisfy(Self.plainBytes.contains)
    }

    /// Whether it means the domain that has this name: a number is an id, and a UUID comes first.
    var isPlainDomainName: Bool {
        isPlainWord && Int(self) == nil && DomainUUID(self) == nil
    }
}

/// What to type for a domain: its name, where that is plain, else its UUID.
func domainArgument(name: String, uuid: String) -> String {
    name.isPlainDomainName ? name : uuid
}

extension Domain {
    /// What to type for it.
    var argument: String { domainArgument(name: name, uuid: "\(uuid)") }
}
