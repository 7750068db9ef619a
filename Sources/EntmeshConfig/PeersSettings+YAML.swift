// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshControl
internal import Yams

extension PeersSettings {
    /// More would not fit a table that a person reads; a mesh of hosts needs a few each.
    private static let mostHosts = 1024

    mutating func read(_ node: ConfigNode) throws(ConfigError) {
        guard let node = node.unlessNothing else { return }
        let keys = try node.mapping("listen", "certificate", "key", "ca", "hosts")
        if let address = keys["listen"]?.unlessNothing { listen = try address.peerAddress() }
        if let path = keys["certificate"] { certificatePath = try path.path() }
        if let path = keys["key"] { keyPath = try path.path() }
        if let path = keys["ca"] { authorityPath = try path.path() }
        guard let list = keys["hosts"]?.unlessNothing else { return }
        hosts = []
        for element in try list.list(atMost: Self.mostHosts) {
            let host = try PeerHost(element)
            guard !hosts.contains(where: { $0.name == host.name }) else {
                throw element.failure("there are two hosts called '\(host.name)'")
            }
            hosts.append(host)
        }
    }
}

extension PeerHost {
    fileprivate init(_ node: ConfigNode) throws(ConfigError) {
        let keys = try node.mapping("name", "address", "send", "receive", "credit-at-most")
        guard let name = keys["name"] else {
            throw node.failure("a host takes the name that is in its certificate")
        }
        self.init(name: try name.hostName())
        if let address = keys["address"]?.unlessNothing { self.address = try address.peerAddress() }
        if let flag = keys["send"] { sends = try flag.flag() }
        if let trust = keys["receive"] { self.trust = try trust.trust() }
        guard let most = keys["credit-at-most"] else { return }
        guard trust == .credit else {
            throw most.failure("'credit-at-most' goes with 'receive: credit'")
        }
        creditAtMost = try most.claim()
    }
}

extension ConfigNode {
    fileprivate func peerAddress() throws(ConfigError) -> PeerAddress {
        guard let address = PeerAddress(try text()) else {
            throw failure(
                "\(shown) is no address; write NAME:PORT, 192.0.2.1:PORT or [2001:db8::1]:PORT")
        }
        return address
    }

    /// A name as certificates have it, in lower case.
    fileprivate func hostName() throws(ConfigError) -> String {
        let name = try text().lowercased()
        if let problem = HostName.problem(with: name) {
            throw failure("\(shown) is no host name: it \(problem)")
        }
        guard name != Self.ownPoolName else {
            throw failure("\(shown) is what this host's own pool is called; name it in full")
        }
        return name
    }

    /// As `entmesh peers` calls the host's own pool.
    private static let ownPoolName = "host"
}
