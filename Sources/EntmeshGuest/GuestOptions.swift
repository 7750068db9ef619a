// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshLinux
internal import EntmeshNode

/// The command line, understood.
struct GuestOptions {
    /// What to do.
    enum Action: Equatable {
        /// Feed the kernel's pool.
        case run
        /// Say how the pool fares.
        case status
        case help
        case version
    }

    /// What is wrong with the command line.
    struct Mistake: Error {
        /// Where.
        let word: CString
        /// What.
        let complaint: StaticString
    }

    var action = Action.run
    var settings = GuestSettings()
    var unixPath: CString?
    var stateDirectory = CString(GuestConstants.stateDirectory)

    /// Reads `arguments` from the second on.
    init(_ arguments: Arguments) throws(Mistake) {
        var once = false
        var wait: CString?
        var index = 1
        while let word = arguments[index] {
            index += 1
            if word == "--once" {
                once = true
            } else if word == "--if-available" {
                settings.onlyIfAvailable = true
            } else if word == "--mix" {
                settings.mode = .mix
            } else if word == "--give" {
                settings.gives = true
            } else if word == "--status" {
                action = .status
            } else if word == "--help" || word == "-h" {
                action = .help
                return
            } else if word == "--version" {
                action = .version
                return
            } else if let value = try Self.value(of: "--wait", word, arguments, &index) {
                wait = value
                settings.onceWithin = try Self.seconds(
                    value, GuestConstants.waits, "--wait takes 1 to 86400 seconds, not")
            } else if let value = try Self.value(of: "--horizon", word, arguments, &index) {
                settings.horizon = try Self.seconds(
                    value, GuestConstants.horizons, "--horizon takes 10 to 86400 seconds, not")
            } else if let value = try Self.value(of: "--unix", word, arguments, &index) {
                unixPath = value
                settings.transport = .unix
            } else if let value = try Self.value(of: "--state-dir", word, arguments, &index) {
                stateDirectory = value
            } else {
                throw Mistake(word: word, complaint: "there is no option")
            }
        }
        if once {
            settings.onceWithin = settings.onceWithin ?? GuestConstants.onceWait
        } else if let wait {
            throw Mistake(word: wait, complaint: "--wait needs --once beside it; without, drop")
        }
    }

    // The value of `option`, in the same word behind "=" or in the next; nil if it is another's.
    @inline(never)
    private static func value(
        of option: StaticString, _ word: CString, _ arguments: Arguments, _ index: inout Int
    ) throws(Mistake) -> CString? {
        guard word.begins(with: option) else { return nil }
        let rest = word.dropping(option.utf8CodeUnitCount)
        if rest[0] == 0x3D, rest[1] != 0 { return rest.dropping(1) }
        guard rest[0] == 0 else { return nil }
        guard let value = arguments[index], value.count > 0 else {
            throw Mistake(word: word, complaint: "a value is missing behind")
        }
        index += 1
        return value
    }

    @inline(never)
    private static func seconds(
        _ value: CString, _ range: ClosedRange<Int>, _ complaint: StaticString
    ) throws(Mistake) -> TimeSpan {
        guard let number = value.number, range.contains(number) else {
            throw Mistake(word: value, complaint: complaint)
        }
        return .seconds(Int64(number))
    }
}
