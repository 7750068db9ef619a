// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// Starts a thread of its own for `body`, which may block as it likes.
func startThread(_ body: @escaping @Sendable () -> Void) throws(HypervisorError) {
    let box = Unmanaged.passRetained(ThreadBody(body))
    var thread = pthread_t()
    let code = pthread_create(
        &thread, nil,
        { argument in
            if let argument {
                Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
            }
            return nil
        }, box.toOpaque())
    guard code == 0 else {
        box.release()
        throw .noThread(reason: String(cString: strerror(code)))
    }
    pthread_detach(thread)
}

/// Carries a closure through pthread_create's one pointer.
private final class ThreadBody: Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func run() {
        // Signals are for the threads that expect them.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        body()
    }
}
