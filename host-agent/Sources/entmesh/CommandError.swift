// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl
internal import Glibc

/// What went wrong, for the person at the keyboard: what, where, why, what to type next.
struct CommandError: Error, CustomStringConvertible {
    let description: String
    /// Whether it says nothing of the daemon, but of who asks, or how.
    private(set) var isAboutTheCaller = false

    init(_ description: String) {
        self.description = description
    }

    /// The socket could not be connected to.
    init(cannotConnect path: String, errno number: CInt) {
        switch number {
        case EACCES, EPERM:
            isAboutTheCaller = true
            description = """
                cannot open \(path): permission denied; reading takes membership in group \
                entmesh: sudo usermod -aG entmesh $USER, and log in again
                """
        case ENOENT, ECONNREFUSED:
            description = """
                cannot open \(path): no daemon listens there; \
                start it: sudo systemctl start entmesh-host
                """
        default:
            description = "cannot open \(path): \(String(cString: strerror(number)))"
        }
    }

    /// The daemon closed the connection without an answer.
    init(hungUpOn user: UInt32) {
        isAboutTheCaller = user != 0
        description =
            user == 0
            ? "the daemon hung up; see its log, or start it anew: sudo systemctl restart entmesh-host"
            : """
            the daemon hung up: reading takes membership in group entmesh; \
            try: sudo usermod -aG entmesh $USER, and log in again
            """
    }

    /// The daemon follows another libvirt than the one that was named.
    init(wanted: String, found: String?) {
        isAboutTheCaller = true
        description = """
            the daemon asks \(found ?? "no libvirt"), not \(wanted); leave out -c and unset \
            LIBVIRT_DEFAULT_URI to see its guests, or run: entmesh-host -c \(wanted)
            """
    }

    /// The daemon said no.
    init(refusal: ControlError?) {
        description = refusal?.message ?? "the daemon refused the request without saying why"
    }
}

/// Standard error, line by line.
struct Standard: TextOutputStream {
    static var error: Standard { Standard() }

    func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes {
                Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
            }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}

/// Runs `body`; an error ends the program as virsh ends: "error: ..." and exit 1.
func reportingErrors(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as ExitCode {
        throw error
    } catch is CancellationError {
        return
    } catch {
        // What was done comes first, wherever both go.
        _ = Terminal().flush()
        Standard.error.write("error: \("\(error)".escapedForDisplay)\n")
        throw ExitCode.failure
    }
}
