// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// A connection copied would number, and send, its blocks twice.
// expect: 'connection' consumed more than once

import EntmeshConnection
import EntmeshNode

func fork(_ hello: Hello) {
    let connection = Connection(hello: hello, keepalive: .host, largestBlock: 0)
    var one = connection
    var other = connection
    one.abandon(.shutdown)
    other.abandon(.shutdown)
}
