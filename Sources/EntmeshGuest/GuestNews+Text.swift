// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshLinux

extension GuestNews {
    /// Says it in words: what happened, and what to do about it.
    @inline(never)
    func write(to text: inout TextBuffer) {
        switch self {
        case .connected: text.append("connected to the host")
        case .fed(let outcome):
            text.append("fed: ")
            text.append(outcome.words)
        case .refused(let errno): Self.write(refused: errno, to: &text)
        case .lost(let ending):
            text.append("disconnected: ")
            ending.write(to: &text)
        case .unreachable(let error): error.write(to: &text)
        case .gaveUp: text.append("not fed in time; giving up")
        }
    }

    private static func write(refused errno: Errno, to text: inout TextBuffer) {
        text.append("the kernel refused a block: ")
        text.append(errno)
        switch errno {
        case .notPermitted:
            text.append("; RNDADDENTROPY needs CAP_SYS_ADMIN in the initial user namespace")
        case .noSuchFile: text.append("; /dev/random is missing")
        case .noData: text.append("; the blocks are too small to make the pool ready")
        default: break
        }
    }
}

extension LinkEnding {
    @inline(never)
    func write(to text: inout TextBuffer) {
        switch self {
        case .endOfStream: text.append("the host's end closed")
        case .closedByHost(let reason):
            text.append("the host says ")
            text.append(reason.label)
        case .closedHere(let reason):
            text.append("closed here, ")
            text.append(reason.label)
        case .transportReset: text.append("transport reset, this machine may be a clone")
        case .failed(let errno): text.append(errno)
        }
    }
}

extension DialError {
    @inline(never)
    func write(to text: inout TextBuffer) {
        switch self {
        case .noTransport(let errno):
            text.append("no AF_VSOCK here, ")
            text.append(errno)
            text.append("; on the host type: virsh edit DOMAIN, add a vsock device")
        case .portInUse: text.append("no free vsock source port below 1024")
        case .portForbidden:
            text.append("cannot bind a vsock port below 1024: CAP_NET_BIND_SERVICE is missing")
        case .failed(let errno):
            text.append("cannot reach the host, ")
            text.append(errno)
            text.append("; trying again")
        }
    }
}
