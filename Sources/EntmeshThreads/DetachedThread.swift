// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// A thread of its own, for work that may block for ever: nobody joins it.
///
/// Signals are for the threads that expect them: here all are blocked.
package enum DetachedThread {
    /// Starts a thread that runs `body`; returns errno when the system has no room for one.
    ///
    /// - Parameter stackByteCount: nil for the system's default.
    package static func start(
        stackByteCount: Int? = nil, _ body: sending @escaping () -> Void
    ) -> Int32? {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        if let stackByteCount { pthread_attr_setstacksize(&attributes, stackByteCount) }

        let box = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let error = pthread_create(&thread, &attributes, enter, box.toOpaque())
        guard error == 0 else {
            box.release()
            return error
        }
        return nil
    }

    private static let enter:
        @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
            address in
            guard let address else { return nil }
            var all = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_BLOCK, &all, nil)
            Unmanaged<Body>.fromOpaque(address).takeRetainedValue().run()
            return nil
        }

    private final class Body {
        let run: () -> Void

        init(_ run: sending @escaping () -> Void) {
            self.run = run
        }
    }
}
