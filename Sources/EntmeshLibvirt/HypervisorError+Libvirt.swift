// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CLibvirt

extension HypervisorError {
    /// libvirt's last error. It is kept a thread: call this right after the failed call, before
    /// any `await`.
    static func lastOfLibvirt(_ attempted: String) -> HypervisorError {
        let message = virGetLastErrorMessage().map {
            boundedString($0, byteLimit: HypervisorLimits.messageByteLimit)
        }
        return .libvirt(
            attempted: attempted, code: virGetLastErrorCode(),
            message: message ?? "no reason given")
    }

    /// Whether libvirt says that there is no such domain.
    var isNoSuchDomain: Bool {
        if case .libvirt(_, let code, _) = self {
            code == Int32(VIR_ERR_NO_DOMAIN.rawValue)
        } else {
            false
        }
    }

    /// Whether this kind of connection lacks the function.
    var isNoSupport: Bool {
        if case .libvirt(_, let code, _) = self {
            code == Int32(VIR_ERR_NO_SUPPORT.rawValue)
        } else {
            false
        }
    }
}
