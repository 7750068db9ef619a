// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// Descriptors that agents cannot use up: what is left for operators, sources and libvirt.
///
/// The kernel gives the lowest free number to a new descriptor, so the number of an accepted
/// socket says how many are open at least (open(2)).
struct DescriptorReserve: Sendable {
    /// 64 clients of the control socket, and as many again for everything else.
    static let descriptors = 128

    /// The first number that is not given to an agent.
    let limit: CInt

    /// The reserve below RLIMIT_NOFILE as it is now; half of a limit that is hardly larger.
    init() {
        var limits = rlimit()
        let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0
        let all = isKnown ? CInt(clamping: limits.rlim_cur) : 1024
        limit = all - min(CInt(Self.descriptors), all / 2)
    }

    /// Whether an agent may keep `descriptor`.
    func permits(_ descriptor: CInt) -> Bool { descriptor < limit }
}
