// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CLibvirt
internal import Glibc

extension HypervisorError {
    /// libvirt's last error. It is kept a thread: call this right after the failed call, before
    /// any `await`.
    static func lastOfLibvirt(_ attempted: String) -> HypervisorError {
        let message =
            virGetLastErrorMessage().map {
                boundedString($0, byteLimit: HypervisorLimits.messageByteLimit)
            } ?? "no reason given"
        return isLastPermission
            ? .notPermitted(attempted: attempted, message: message)
            : .libvirt(attempted: attempted, code: virGetLastErrorCode(), message: message)
    }

    /// Whether libvirt's last error on this thread is that this user may not.
    package static var isLastPermission: Bool {
        guard let error = virGetLastError() else { return false }
        switch virErrorNumber(UInt32(bitPattern: error.pointee.code)) {
        case VIR_ERR_AUTH_FAILED, VIR_ERR_AUTH_CANCELLED, VIR_ERR_AUTH_UNAVAILABLE,
            VIR_ERR_ACCESS_DENIED, VIR_ERR_OPERATION_DENIED:
            return true
        case VIR_ERR_SYSTEM_ERROR:
            // libvirt puts errno there (virReportSystemError).
            return [EACCES, EPERM].contains(error.pointee.int1)
        default:
            return false
        }
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
