// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshControl
public import EntmeshNode

/// What keeps M full: a source as the node sees it.
public protocol Feed: Sendable {
    /// Begins; `deliver` may be called from any thread and returns when the block was taken.
    func start(deliver: @escaping @Sendable (consuming Entropy) -> Void) throws
    /// How many more bytes are wanted from now on; 0 to rest.
    func demand(byteCount: Int)
    /// Forgets what it has half made, and tests itself anew before it delivers more.
    func startOver()
    /// Ends; returns at once.
    func stop()
    /// What there is to tell about it.
    var row: SourceRow { get }
}
