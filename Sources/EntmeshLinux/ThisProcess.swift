// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux

/// What this process knows of itself and its kernel, without Foundation and without CommandLine.
public enum ThisProcess {
    /// getpid(2).
    public static var processID: Int32 { entmesh_process_id() }

    /// The arguments. Ask before anything changes the environment.
    public static func arguments() -> Arguments {
        var count: Int32 = 0
        let first = UnsafeRawPointer(entmesh_arguments(&count))
        let words = first?.assumingMemoryBound(to: UnsafePointer<CChar>?.self)
        return Arguments(immortal: UnsafeBufferPointer(start: words, count: Int(count)))
    }

    /// Calls `body` with each byte of the kernel's release, `uname -r`.
    public static func withKernelRelease(_ body: (UInt8) -> Void) {
        var text = InlineArray<65, CChar>(repeating: 0)
        var span = text.mutableSpan
        span.withUnsafeMutableBufferPointer { buffer in
            guard entmesh_kernel_release(buffer.baseAddress, buffer.count) == 0 else { return }
            for character in buffer {
                guard character != 0 else { return }
                body(UInt8(bitPattern: character))
            }
        }
    }

    /// Whether a process `processID` is there (kill(2) with signal 0).
    public static func exists(_ processID: Int32) -> Bool {
        entmesh_process_exists(processID) == 1
    }

    /// Ends the process (_exit(2)).
    public static func exit(_ code: ExitCode) -> Never {
        entmesh_exit(code.rawValue)
    }

    /// Writes `bytes` to standard error, or standard output; what cannot be written is lost.
    public static func write(_ bytes: UnsafeRawBufferPointer, toError: Bool) {
        _ = entmesh_write(toError ? 2 : 1, bytes.baseAddress, bytes.count)
    }
}
