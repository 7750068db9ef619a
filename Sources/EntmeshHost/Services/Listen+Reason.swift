// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation
internal import Glibc
internal import NIOCore

extension Listen {
    /// Why `error` kept us from listening here, and what to do about it.
    func reason(for error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        switch self {
        case .vsock: return Self.vsockReason(error)
        case .unix(let path, _): return Self.unixReason(error, path)
        }
    }

    private static func vsockReason(_ error: IOError) -> String {
        switch error.errnoCode {
        case EACCES:
            """
            a port below 1024 takes CAP_NET_BIND_SERVICE: set AmbientCapabilities= in the unit, or \
            run it by: setpriv --ambient-caps +net_bind_service --inh-caps +net_bind_service
            """
        case EADDRINUSE: "another program listens there; is entmesh-host running already?"
        case EAFNOSUPPORT, ENODEV:
            "this kernel has no vsock: sudo modprobe vhost_vsock; to go on without: --no-vsock"
        default: "\(error)"
        }
    }

    private static func unixReason(_ error: IOError, _ path: String) -> String {
        let folder = (path as NSString).deletingLastPathComponent
        return switch error.errnoCode {
        case ENOENT: "its directory is missing: sudo mkdir -p \(folder)"
        case EACCES, EPERM: "this user may not write in \(folder): sudo chown $USER \(folder)"
        case EROFS: "\(folder) is read-only; choose another path"
        default: "\(error)"
        }
    }
}
