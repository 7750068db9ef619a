// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

extension GuestRules {
    private static let mostOverrides = 1024

    mutating func read(_ node: ConfigNode) throws(ConfigError) {
        guard let node = node.unlessNothing else { return }
        let keys = try node.mapping("feed", "rate", "burst", "trust", "overrides")
        var all = Override(match: .name(pattern: "*"))
        try all.read(keys)
        defaults.isFed = all.isFed ?? defaults.isFed
        defaults.rate = all.rate ?? defaults.rate
        defaults.burst = all.burst ?? defaults.burst
        defaults.trust = all.trust ?? defaults.trust
        guard let list = keys["overrides"]?.unlessNothing else { return }
        overrides = []
        for element in try list.list(atMost: Self.mostOverrides) {
            let keys = try element.mapping("name", "uuid", "feed", "rate", "burst", "trust")
            var override = Override(match: try element.match(keys["name"], keys["uuid"]))
            try override.read(keys)
            overrides.append(override)
        }
    }
}

extension GuestRules.Override {
    fileprivate mutating func read(_ keys: [String: ConfigNode]) throws(ConfigError) {
        if let node = keys["feed"] { isFed = try node.flag() }
        if let node = keys["rate"] {
            rate = try node.byteCount(GuestSettings.allowedRate, suffix: "/s")
        }
        if let node = keys["burst"] { burst = try node.byteCount(GuestSettings.allowedBurst) }
        if let node = keys["trust"] { trust = try node.trust() }
    }
}

extension ConfigNode {
    fileprivate func match(
        _ name: ConfigNode?, _ uuid: ConfigNode?
    ) throws(ConfigError) -> GuestMatch {
        if let name, uuid == nil { return .name(pattern: try name.text()) }
        guard let uuid, name == nil else {
            throw failure("an override takes either a name or a uuid")
        }
        let text = try uuid.text().lowercased()
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12],
            parts.joined().allSatisfy({ $0.isASCII && $0.isHexDigit })
        else {
            throw uuid.failure("\(uuid.shown) is no UUID; see: virsh domuuid NAME")
        }
        return .uuid(text)
    }
}
