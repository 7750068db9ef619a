// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation
internal import Glibc

/// Another program and its arguments.
struct ExternalCommand {
    private let program: String
    private let arguments: [String]

    init(_ program: String, _ arguments: [String]) {
        self.program = program
        self.arguments = arguments
    }

    /// The program, without the way to it.
    var name: String { URL(fileURLWithPath: program).lastPathComponent }

    /// As one would type it.
    var text: String { ([program] + arguments).map(Self.quoted).joined(separator: " ") }

    /// Runs it with our own output and returns its exit status; a signal's is that of a shell. Ctrl-C
    /// ends it, and us only after it.
    func run() throws -> Int32 {
        // Ours comes first.
        fflush(nil)
        return try TerminalSignals.ignored { defaults in
            try status(of: spawn(defaults) { _ in })
        }
    }

    /// Runs it and returns its exit status and what it wrote to standard output, and to standard
    /// error: of the latter a few lines, which a pipe holds.
    func capture() throws -> (status: Int32, output: Data, said: String) {
        let results = Pipe()
        let errors = Pipe()
        let ends = [results.fileHandleForWriting, errors.fileHandleForWriting]
        let child = try spawn {
            posix_spawn_file_actions_adddup2(&$0, ends[0].fileDescriptor, STDOUT_FILENO)
            posix_spawn_file_actions_adddup2(&$0, ends[1].fileDescriptor, STDERR_FILENO)
        }
        for end in ends { try end.close() }
        let output = results.fileHandleForReading.readDataToEndOfFile()
        let bytes = errors.fileHandleForReading.readDataToEndOfFile()
        let said = String(decoding: bytes, as: UTF8.self)
        return (status(of: child), output, said.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Where in PATH a program is, by an absolute path; nil if it is not.
    static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }
            .first(where: isProgram)
    }

    // A folder is executable too.
    private static func isProgram(_ path: String) -> Bool {
        var found = stat()
        return stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFREG
            && access(path, X_OK) == 0
    }

    /// A word for a shell, in quotes if it needs any.
    static func quoted(_ word: String) -> String {
        let isPlain = word.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "/.-_:=".contains($0))
        }
        guard !isPlain || word.isEmpty else { return word }
        return "'" + word.replacingOccurrences(of: "'", with: #"'\''"#) + "'"
    }

    // Not Foundation's Process: that gives a child a process group of its own, and Ctrl-C would leave
    // it running.
    private func spawn(
        _ defaults: sigset_t = sigset_t(), _ prepare: (inout posix_spawn_file_actions_t) -> Void
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        prepare(&actions)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = defaults
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let failure = posix_spawn(&child, program, &actions, &attributes, &words, environ)
        guard failure == 0 else {
            throw CommandError("cannot run \(program): \(String(cString: strerror(failure)))")
        }
        return child
    }

    private func status(of child: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        // wait(2): the signal in the low seven bits, else the exit status above.
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    }
}
