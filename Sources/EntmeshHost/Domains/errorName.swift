// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// The name of an errno that a guest sent, for the few that an injection can end with.
func errorName(_ number: UInt16) -> String {
    switch Int32(number) {
    case EPERM: "EPERM"
    case EACCES: "EACCES"
    case EINVAL: "EINVAL"
    case EFAULT: "EFAULT"
    case ENODATA: "ENODATA"
    case ENOENT: "ENOENT"
    case ENODEV: "ENODEV"
    case ENOTTY: "ENOTTY"
    case ENOSYS: "ENOSYS"
    default: "errno \(number)"
    }
}
