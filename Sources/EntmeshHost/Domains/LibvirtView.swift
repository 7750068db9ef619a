// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// How the node stands with libvirt.
struct LibvirtView {
    enum State: String {
        case off, connecting, connected, lost
    }

    var state = State.off
    var lastError: String?
    var lostSince: Moment?
    var hasConnected = false
    /// When all domains were last read on a guest's account.
    var lastResync = Moment(nanoseconds: .min)

    var isConnected: Bool { state == .connected }
}
