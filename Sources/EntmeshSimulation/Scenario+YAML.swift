// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

package import EntmeshConfig
internal import EntmeshConnection
internal import EntmeshMesh
internal import EntmeshNode

extension Scenario {
    /// No more hosts than this, and no more guests in all: what fits in memory.
    static let mostHosts = 10_000
    static let mostGuests = 1_000_000
    private static let mostGroups = 256
    private static let mostFaultsPerHour = 3600

    /// Reads the text of a scenario file (docs/simulation.md).
    ///
    /// - Parameter file: its name, for messages.
    package init(yaml text: String, file: String) throws(ConfigError) {
        self.init()
        let parsed = ConfigText(text: text, file: file)
        guard let root = try parsed.root(), !root.isNothing else {
            throw parsed.failure("describes nothing: hosts are missing")
        }
        name = file
        try read(root)
    }

    private mutating func read(_ root: ConfigNode) throws(ConfigError) {
        let keys = try root.mapping(
            "name", "duration", "sample", "refilled-at", "hosts", "links", "faults",
            "calm", "least-fault-kinds")
        if let node = keys["name"] { name = try node.text() }
        if let node = keys["duration"] { duration = try node.span(.seconds(1)...Self.longest) }
        if let node = keys["sample"] { sample = try node.span(.milliseconds(100)...Self.longest) }
        if let node = keys["refilled-at"] { refilledAt = try node.integer(1...100) }
        guard let list = keys["hosts"] else { throw root.failure("hosts are missing") }
        for element in try list.list(atMost: Self.mostGroups) {
            try add(try HostGroup(element), element)
        }
        try checkSize(list)
        for element in try keys["links"]?.list(atMost: Self.mostGroups) ?? [] {
            links.append(try LinkGroup(element, among: hosts))
        }
        if let node = keys["faults"] { try readFaults(node) }
        if let node = keys["calm"] { calm = try node.span(.seconds(0)...Self.longest) }
        if let node = keys["least-fault-kinds"] {
            leastFaultKinds = try node.integer(0...FaultKind.allCases.count)
        }
    }

    /// The longest time anything takes: a year.
    fileprivate static let longest = TimeSpan.seconds(365 * 86_400)

    private mutating func add(_ group: HostGroup, _ node: ConfigNode) throws(ConfigError) {
        guard !hosts.contains(where: { $0.name == group.name }) else {
            throw node.failure("there are hosts called '\(group.name)' already")
        }
        hosts.append(group)
    }

    private func checkSize(_ node: ConfigNode) throws(ConfigError) {
        let hostCount = hosts.reduce(0) { $0 + $1.count }
        let guestCount = hosts.reduce(0) { $0 + $1.count * ($1.guests.count + $1.guests.liars) }
        guard hostCount > 0 else { throw node.failure("hosts are missing") }
        guard hostCount <= Self.mostHosts, guestCount <= Self.mostGuests else {
            throw node.failure(
                "\(hostCount) hosts and \(guestCount) guests are more than \(Self.mostHosts) and "
                    + "\(Self.mostGuests)")
        }
    }

    private mutating func readFaults(_ node: ConfigNode) throws(ConfigError) {
        let keys = try node.mapping(FaultKind.allCases.map(\.rawValue))
        for kind in FaultKind.allCases {
            guard let rate = try keys[kind.rawValue]?.integer(0...Self.mostFaultsPerHour),
                rate > 0
            else { continue }
            faults.append(FaultRate(kind: kind, perHour: rate))
        }
    }
}

extension Scenario.HostGroup {
    private static let sizes = 4096...(1 << 30)
    private static let rates = 1...(1 << 30)

    init(_ node: ConfigNode) throws(ConfigError) {
        self.init()
        let keys = try node.mapping("name", "count", "tank", "start", "source", "pool", "guests")
        guard let title = keys["name"] else { throw node.failure("a name is missing") }
        name = try title.text()
        if let node = keys["count"] { count = try node.integer(1...Scenario.mostHosts) }
        // Whole blocks, so that what is given never straddles two.
        if let node = keys["tank"] { tank = try node.byteCount(Self.sizes) / 64 * 64 }
        if let node = keys["start"] {
            start = try node.choice([("empty", 0), ("half", 50), ("full", 100)])
        }
        if let node = keys["source"], !node.isNothing {
            source = try node.byteCount(Self.rates, suffix: "/s")
        }
        if let node = keys["pool"] { pool = try Scenario.Pool(node) }
        if let node = keys["guests"] { guests = try Scenario.GuestGroup(node) }
    }
}

extension Scenario.Pool {
    private static let rates = 0...512

    init(_ node: ConfigNode) throws(ConfigError) {
        self.init()
        guard !node.isNothing else { return }
        let keys = try node.mapping("gathers", "uses", "uses-from", "uses-for", "gives")
        if let node = keys["gathers"] { gathers = try node.byteCount(Self.rates, suffix: "/s") }
        if let node = keys["uses"] { uses = try node.byteCount(Self.rates, suffix: "/s") }
        if let node = keys["uses-from"] { usesFrom = try node.span(Self.times) }
        if let node = keys["uses-for"] { usesFor = try node.span(Self.times) }
        if let node = keys["gives"] { gives = try node.flag() }
    }

    private static let times = TimeSpan.seconds(0)...Scenario.longest
}

extension Scenario.GuestGroup {
    init(_ node: ConfigNode) throws(ConfigError) {
        self.init()
        guard !node.isNothing else { return }
        let keys = try node.mapping(
            "count", "trust", "ready", "boot-within", "liars", "rate", "burst")
        let counts = 0...Scenario.mostGuests
        if let node = keys["count"] { count = try node.integer(counts) }
        if let node = keys["trust"] {
            trust = try node.choice([("mix", .mix), ("credit", .credit)])
        }
        if let node = keys["ready"] { isReady = try node.flag() }
        if let node = keys["boot-within"] {
            bootWithin = try node.span(.seconds(0)...Scenario.longest)
        }
        if let node = keys["liars"] { liars = try node.integer(counts) }
        let rate = try keys["rate"]?.byteCount(1...(1 << 30), suffix: "/s")
        let burst = try keys["burst"]?.byteCount(1...(1 << 30))
        allowance = TokenBucket.Allowance(
            rate: rate ?? allowance.rate, burst: burst ?? allowance.burst)
    }
}

extension Scenario.LinkGroup {
    init(_ node: ConfigNode, among hosts: [Scenario.HostGroup]) throws(ConfigError) {
        self.init()
        let keys = try node.mapping("from", "to", "forth", "back", "each", "latency")
        guard let start = keys["from"], let end = keys["to"] else {
            throw node.failure("a link takes 'from' and 'to'")
        }
        let names = hosts.indices.map { (hosts[$0].name, $0) }
        from = try start.choice(names)
        to = try end.choice(names)
        if let node = keys["forth"] { forth = try node.trust() }
        if let node = keys["back"] { back = try node.trust() }
        let most = from == to ? hosts[from].count / 2 : hosts[from].count
        if let node = keys["each"] { each = try node.integer(0...most) }
        if let node = keys["latency"] {
            latency = try node.span(.seconds(0)...TimeSpan.seconds(10))
        }
    }
}

extension ConfigNode {
    /// A length of time within `range`: a whole number, and ms, s, min, h or d.
    fileprivate func span(_ range: ClosedRange<TimeSpan>) throws(ConfigError) -> TimeSpan {
        let text = try text()
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [(String, Int64)] = [
            ("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        let unit = String(text.dropFirst(digits.count).drop { $0 == " " })
        guard let count = Int64(digits), let factor = units.first(where: { $0.0 == unit })?.1 else {
            throw failure("\(shown) is no time: write a number and ms, s, min, h or d")
        }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: factor)
        let span = TimeSpan.milliseconds(overflow ? .max : milliseconds)
        guard range.contains(span) else { throw failure("\(shown) is out of range") }
        return span
    }
}
