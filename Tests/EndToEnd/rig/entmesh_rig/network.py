# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Hosts on one network: a namespace each, joined by a bridge, with links that lose and delay."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

BRIDGE = "mesh"
SUBNET = "10.77.0"
MOST_HOSTS = 200
"""Addresses end with the host's number, and later ones are for strangers."""


class Network:
    """Namespaces named as the hosts, at 10.77.0.1, 10.77.0.2 and so on, until close().

    A host's link is a pair of ends: eth0 in its namespace, and one on the bridge. What a
    netem(8) does to packets, it does to those that leave by its end.
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        if len(hosts) > MOST_HOSTS or len(set(hosts)) != len(hosts):
            raise ValueError(f"not the names of up to {MOST_HOSTS} hosts: {hosts}")
        self.addresses = {host: f"{SUBNET}.{number}" for number, host in enumerate(hosts, 1)}
        _ip([f"link add {BRIDGE} type bridge", f"link set {BRIDGE} up"])
        _ip([
            line
            for host in hosts
            for line in (
                f"netns add {host}",
                f"link add {_port(host)} type veth peer name eth0 netns {host}",
                f"link set {_port(host)} master {BRIDGE} up",
            )
        ])
        for host, address in self.addresses.items():
            _ip(["link set lo up", f"address add {address}/24 dev eth0", "link set eth0 up"], host)

    def close(self) -> None:
        """Removes all of it; programs in a namespace keep it, without a link, until they end."""
        _ip([f"link delete {_port(host)}" for host in self.addresses])
        _ip([f"netns delete {host}" for host in self.addresses])
        _ip([f"link delete {BRIDGE}"])

    def impair(self, host: str, *netem: str) -> None:
        """What the host sends suffers from now on: impair("m1", "loss", "30%", "delay", "2s")."""
        _tc(["qdisc", "replace", "dev", "eth0", "root", "netem", *netem], host)

    def partition(self, host: str) -> None:
        """Nothing reaches the host any more, nor leaves it, and nobody is told."""
        self.impair(host, "loss", "100%")
        _tc(["qdisc", "replace", "dev", _port(host), "root", "netem", "loss", "100%"])

    def heal(self, host: str) -> None:
        """Takes back impair() and partition()."""
        _tc(["qdisc", "replace", "dev", "eth0", "root", "pfifo"], host)
        _tc(["qdisc", "replace", "dev", _port(host), "root", "pfifo"])


def inside(host: str, command: Sequence[str]) -> list[str]:
    """The command as one that runs in the host's namespace, under the same PID."""
    return ["ip", "netns", "exec", host, *command]


def _port(host: str) -> str:
    return f"to-{host}"  # at most 15 characters: IFNAMSIZ


def _ip(lines: Sequence[str], host: str | None = None) -> None:
    """Runs the lines in one ip(8), in the host's namespace if there is one."""
    command = ["ip", *([] if host is None else ["-netns", host]), "-batch", "-"]
    _run(command, "".join(f"{line}\n" for line in lines))


def _tc(arguments: Sequence[str], host: str | None = None) -> None:
    _run(["tc", *([] if host is None else ["-netns", host]), *arguments])


def _run(command: Sequence[str], input: str = "") -> None:
    done = subprocess.run(command, input=input, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{input}")
