// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CLibvirt
package import EntmeshLibvirt

/// Why a domain could not be changed. `description` may hold text from libvirt, so whoever prints it
/// escapes it.
package enum DomainEditError: Error, Sendable, Equatable {
    /// The URI names a libvirt that cannot serve here.
    case unsuitable(HypervisorError)
    /// This user may not use libvirt's read-write socket.
    case notPermitted(uri: String, message: String)
    /// Nothing answers there.
    case unreachable(uri: String, message: String)
    /// libvirt knows no such domain.
    case noSuchDomain(String)
    /// libvirt, or what it gave, did not serve: what was attempted, and why not.
    case failed(attempted: String, message: String)
}

extension DomainEditError: CustomStringConvertible {
    /// What was attempted, what was found, and what to do next.
    package var description: String {
        switch self {
        case .unsuitable(let error):
            error.description
        case .notPermitted(let uri, let message):
            "may not change domains of \(uri): \(message); that takes root or group libvirt: use "
                + "sudo, or type: sudo usermod -aG libvirt $USER, and log in again"
        case .unreachable(let uri, let message):
            "cannot reach libvirt at \(uri): \(message); is it running? type: "
                + "sudo systemctl start libvirtd"
        case .noSuchDomain(let domain):
            "failed to get domain '\(domain)'"
        case .failed(let attempted, let message):
            "cannot \(attempted): \(message)"
        }
    }
}

extension DomainEditError {
    /// libvirt's last error, right after the call that failed.
    static func last(_ attempted: String) -> DomainEditError {
        .failed(attempted: attempted, message: lastMessage)
    }

    /// Why libvirt's last attempt to connect failed.
    static func lastOfConnecting(to uri: String) -> DomainEditError {
        HypervisorError.isLastPermission
            ? .notPermitted(uri: uri, message: lastMessage)
            : .unreachable(uri: uri, message: lastMessage)
    }

    /// Why libvirt's last attempt to find a domain failed, right after it: any other call of libvirt
    /// may forget it.
    static func lastOfLookingUp(_ domain: String) -> DomainEditError {
        virGetLastErrorCode() == Int32(VIR_ERR_NO_DOMAIN.rawValue)
            ? .noSuchDomain(domain) : .last("look up domain '\(domain)'")
    }

    private static var lastMessage: String {
        virGetLastErrorMessage().map {
            boundedString($0, byteLimit: HypervisorLimits.messageByteLimit)
        } ?? "no reason given"
    }
}
