// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

package import EntmeshConnection
internal import EntmeshSources
internal import Yams

extension HostSettings {
    /// Reads the text of a configuration file.
    ///
    /// A file of comments alone is all defaults. One of nothing at all was cut off, and is refused.
    ///
    /// - Parameter file: its name, for messages.
    public init(yaml text: String, file: String) throws(ConfigError) {
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw ConfigError(
                file: file, place: nil,
                problem: "is empty: was it cut off? Without the file the defaults hold")
        }
        self.init()
        guard let root = try ConfigText(text: text, file: file).root(), !root.isNothing else {
            return
        }
        try read(root)
    }

    private mutating func read(_ root: ConfigNode) throws(ConfigError) {
        let keys = try root.mapping(
            "tank", "sources", "guests", "listen", "control", "libvirt", "own-pool", "peers", "log")
        if let node = keys["tank"] { try tank.read(node) }
        if let node = keys["sources"] { try sources.read(node) }
        if let node = keys["guests"] { try guests.read(node) }
        if let node = keys["listen"] { try listen.read(node) }
        if let node = keys["control"] { try control.read(node) }
        if let node = keys["libvirt"] { try libvirt.read(node) }
        if let node = keys["own-pool"]?.unlessNothing {
            if let trust = try node.mapping("trust")["trust"] { ownPoolTrust = try trust.trust() }
        }
        if let node = keys["peers"] { try peers.read(node) }
        if let node = keys["log"]?.unlessNothing {
            if let level = try node.mapping("level")["level"] {
                logLevel = try level.choice(LogLevel.allCases.map { ($0.rawValue, $0) })
            }
        }
    }
}

extension ConfigNode {
    /// A section of which all keys are comments is as good as none.
    var unlessNothing: ConfigNode? { isNothing ? nil : self }

    /// `refuse`, `mix` or `credit`.
    package func trust() throws(ConfigError) -> InboundTrust {
        try choice([("refuse", .refuse), ("mix", .mix), ("credit", .credit)])
    }
}

extension TankSettings {
    mutating func read(_ node: ConfigNode) throws(ConfigError) {
        guard let node = node.unlessNothing else { return }
        let keys = try node.mapping("size", "allow-unlocked-memory")
        if let size = keys["size"] { byteCount = try size.byteCount(Self.allowedByteCount) }
        if let flag = keys["allow-unlocked-memory"] { allowsUnlockedMemory = try flag.flag() }
    }
}

extension ListenSettings {
    private static let mostSockets = 1024

    mutating func read(_ node: ConfigNode) throws(ConfigError) {
        guard let node = node.unlessNothing else { return }
        let keys = try node.mapping("vsock", "own-pool", "guests")
        if let flag = keys["vsock"] { vsock = try flag.flag() }
        if let path = keys["own-pool"]?.unlessNothing { ownPool = try path.path() }
        guard let list = keys["guests"]?.unlessNothing else { return }
        guestSockets = []
        for element in try list.list(atMost: Self.mostSockets) {
            let keys = try element.mapping("name", "path")
            guard let name = keys["name"], let path = keys["path"] else {
                throw element.failure("a guest's socket takes a name and a path")
            }
            let socket = GuestSocket(name: try name.text(), path: try path.path())
            guard !guestSockets.contains(where: { $0.path == socket.path }) else {
                throw path.failure("\(path.shown) is another guest's socket already")
            }
            guestSockets.append(socket)
        }
    }
}

extension ControlSettings {
    mutating func read(_ node: ConfigNode) throws(ConfigError) {
        guard let node = node.unlessNothing else { return }
        let keys = try node.mapping("socket", "group")
        if let path = keys["socket"] { self.path = try path.path() }
        if let name = keys["group"] { group = try name.text() }
    }
}

extension LibvirtSettings {
    /// Context IDs that a guest can have (vsock(7)).
    private static let guestCIDs = 3...Int(UInt32.max - 1)
    private static let mostGuests = 4096

    mutating func read(_ node: ConfigNode) throws(ConfigError) {
        guard let node = node.unlessNothing else { return }
        let keys = try node.mapping("enabled", "uri", "guests")
        if let flag = keys["enabled"] { isEnabled = try flag.flag() }
        if let text = keys["uri"]?.unlessNothing { uri = try text.text() }
        guard let list = keys["guests"]?.unlessNothing else { return }
        guard !isEnabled else {
            throw list.failure("guests are named here only with 'enabled: off'")
        }
        guests = []
        for element in try list.list(atMost: Self.mostGuests) {
            let keys = try element.mapping("name", "cid")
            guard let name = keys["name"], let cid = keys["cid"] else {
                throw element.failure("a guest takes a name and a cid")
            }
            let guest = Guest(name: try name.text(), cid: UInt32(try cid.integer(Self.guestCIDs)))
            guard !guests.contains(where: { $0.cid == guest.cid }) else {
                throw cid.failure("\(cid.shown) is another guest's already")
            }
            guests.append(guest)
        }
    }
}
