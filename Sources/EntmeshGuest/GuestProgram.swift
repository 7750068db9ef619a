// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshLinux

/// The guest agent as a program: its whole life behind one call.
public enum GuestProgram {
    /// Does what `arguments` say and returns how the program ends.
    public static func run(_ arguments: Arguments) -> ExitCode {
        do throws(GuestOptions.Mistake) {
            return run(try GuestOptions(arguments))
        } catch {
            var line = TextBuffer()
            line.append(error.complaint)
            line.append(" '")
            line.append(error.word)
            line.append("'; type: entmesh-guest --help")
            Journal.write(line)
            return .usage
        }
    }

    private static func run(_ options: GuestOptions) -> ExitCode {
        switch options.action {
        case .run: return feed(options)
        case .status: return StatusReport.print(stateDirectory: options.stateDirectory)
        case .help: return say(HelpText.text)
        case .version:
            _ = say(GuestConstants.version)
            return say("\n")
        }
    }

    private static func feed(_ options: GuestOptions) -> ExitCode {
        protectMemory()
        do throws(Errno) {
            var loop = try GuestLoop(options: options)
            return loop.run()
        } catch {
            warn("cannot wait for signals, ", error, "")
            return .unavailable
        }
    }

    // What a guest cannot protect it says, and goes on: an unfed guest is worse off.
    private static func protectMemory() {
        do throws(Errno) {
            try ProcessHardening.forbidDumps()
        } catch {
            warn("cannot forbid core dumps, ", error, "")
        }
        do throws(Errno) {
            try ProcessHardening.lockAllMemory()
        } catch {
            warn(
                "cannot lock memory, ", error,
                "; set LimitMEMLOCK=infinity in the unit, or ulimit -l unlimited")
        }
    }

    private static func warn(_ what: StaticString, _ errno: Errno, _ advice: StaticString) {
        var line = TextBuffer()
        line.append(what)
        line.append(errno)
        line.append(advice)
        Journal.write(line)
    }

    private static func say(_ text: StaticString) -> ExitCode {
        text.withUTF8Buffer { ThisProcess.write(UnsafeRawBufferPointer($0), toError: false) }
        return .success
    }
}
