// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What the daemon and the command line agree on: HTTP and JSON over a UNIX socket.
public enum ControlAPI {
    /// The version of every JSON document; it rises when a field changes its meaning.
    public static let version = 1
    /// Where the daemon listens unless told otherwise.
    public static let defaultSocketPath = "/run/entmesh/control.sock"
    /// Whose members may read.
    public static let groupName = "entmesh"

    /// Paths, relative to the socket.
    public static let guestsPath = "/v1/guests"
    public static let statusPath = "/v1/status"
    public static let reseedPath = "/v1/reseed"
    public static let sourcesPath = "/v1/sources"
    public static let resetSourcePath = "/v1/sources/reset"
    public static let ledgerPath = "/v1/ledger"
    public static let peersPath = "/v1/peers"
    public static let resetPeerPath = "/v1/peers/reset"
    public static let capturePath = "/v1/sources/capture"
}
