// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

extension WireBuffer {
    /// Adds a close message for somebody who is turned away before any handshake.
    public mutating func appendRefusal(_ reason: CloseReason) {
        _ = encode(.close(reason), version: Wire.lowestVersion)
    }
}
