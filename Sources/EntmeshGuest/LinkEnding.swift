// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshConnection
public import EntmeshLinux

/// What a guest's connection runs over.
public enum Transport: Equatable, Sendable {
    /// AF_VSOCK: the hypervisor resets it when it restores this machine's memory.
    case vsock
    /// A UNIX socket: no reset of it says anything about this machine.
    case unix
}

/// How an established connection ended: docs/design.md, "Connections".
public enum LinkEnding: Equatable, Sendable {
    /// The host's end closed the stream.
    case endOfStream
    /// The host said why.
    case closedByHost(CloseReason)
    /// We ended it, and said why.
    case closedHere(CloseReason)
    /// The transport under an AF_VSOCK connection was reset: this memory may be a clone.
    case transportReset
    /// The socket failed in a way that is evidence of nothing.
    case failed(Errno)

    /// What `errno` means, found by SO_ERROR or by a read on an established connection.
    ///
    /// Measured on a restore: poll(2) gives POLLERR alone, SO_ERROR says ECONNRESET, the read after
    /// it ENOTCONN; a read already under way fails with ECONNRESET. A host daemon that dies gives
    /// an end of stream instead.
    public init(errno: Errno, on transport: Transport) {
        if transport == .vsock, errno == .connectionReset || errno == .notConnected {
            self = .transportReset
        } else {
            self = errno == .brokenPipe ? .endOfStream : .failed(errno)
        }
    }

    // Whether it was our own decision: the host broke the protocol or a deadline.
    var isOurs: Bool {
        if case .closedHere = self { true } else { false }
    }
}
