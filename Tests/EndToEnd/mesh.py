# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Hosts that feed hosts: a daemon in a namespace each, certificates from one CA, and what all of
them say. Every scenario ends with every ledger and with all that any of them ever sent."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entmesh_rig.checks import check, poll, scenario, wait_until
from entmesh_rig.network import Network
from entmesh_rig.process import Program

from certificates import Authority
from product import BUILD, START_SECONDS, USER, adopt, balances, entmesh_json

FOLDER = Path("/run/mesh")
PORT = 7733
TANK = 4096
"""Bytes: small, so that things move while one watches."""

POOL = 512
"""Bytes that a stand-in for a kernel's pool holds."""

LINK_SECONDS = 90
"""For hosts to find each other: three times the longest pause between two dials."""

FLOW_SECONDS = 120
"""For a few KiB to go where they should."""

_runs = itertools.count(1)


@dataclass(frozen=True)
class Link:
    """What a host's configuration says of another; None where it says nothing."""

    receive: str | None = None
    send: bool | None = None
    dials: bool = True
    at: str | None = None
    """Whose address is dialled, if not that of the host of this name."""


REFUSE, MIX, CREDIT = Link("refuse"), Link("mix"), Link("credit")


class Host(Program):
    """A daemon in its namespace: the one with a feed of tagged blocks, unless it is `real`.

    `rate` is its own supply: bytes a second, 0 for as much as it takes, -1 for none.
    """

    def __init__(
        self, mesh: Mesh, name: str, links: Mapping[str, Link], *, real: bool = False,
        listens: bool = True, rate: int = -1, tank: int = TANK, certificate: str | None = None,
        authority: Authority | None = None, trusted: Path | None = None,
        namespace: str | None = None,
    ) -> None:  # fmt: skip
        self.mesh, self.links, self.listens, self.real = mesh, links, listens, real
        self.namespace = namespace or name
        self.certificate, self.key = (authority or mesh.authority).files(certificate or name)
        self.trusted = trusted or mesh.authority.certificate
        self.rate = rate
        label = f"mesh{next(_runs)}-{self.namespace}"
        self.folder = FOLDER / label
        self.folder.mkdir()
        self.config = self.folder / "host.yaml"
        self.record = self.folder / "record"
        self.control = self.folder / "control.sock"
        self.pool_socket = self.folder / "pool.sock"
        self.write_config()
        common = [
            "--no-libvirt", "--no-vsock", "--own-pool-socket", self.pool_socket,
            "--own-pool", "credit", "--control-socket", self.control, f"--tank-size={tank}",
        ]  # fmt: skip
        if real:
            program = [BUILD / "entmesh-host", "--config", self.config, *common]
        else:
            program = [
                BUILD / "entmesh-host-tagged", *common, f"--rate={rate}",
                "--peers", self.config, "--record", self.record,
            ]  # fmt: skip
        super().__init__(label, program, user=USER, namespace=self.namespace)
        self.pools: list[Pool] = []

    def write_config(self, links: Mapping[str, Link] | None = None) -> None:
        """What it reads when it starts, and on reload()."""
        self.links = self.links if links is None else links
        lines = ["peers:"]
        if self.listens:
            lines.append(f"  listen: {self.mesh.network.addresses[self.namespace]}:{PORT}")
        lines += [f"  certificate: {self.certificate}", f"  key: {self.key}"]
        lines += [f"  ca: {self.trusted}", f"  hosts:{'' if self.links else ' []'}"]
        for name, link in self.links.items():
            lines.append(f"    - name: {name}")
            if link.dials:
                address = self.mesh.network.addresses[link.at or name]
                lines.append(f"      address: {address}:{PORT}")
            if link.send is not None:
                lines.append(f"      send: {'on' if link.send else 'off'}")
            if link.receive is not None:
                lines.append(f"      receive: {link.receive}")
        if self.real:
            lines += ["sources:", f"  use: [{'{kind: kernel}' if self.rate >= 0 else ''}]"]
        self.config.write_text("\n".join(lines) + "\n")
        adopt(self.folder)

    def start(self, *, waits: bool = True) -> Host:
        super().start()
        if waits:
            self.wait_for_line("listening for operators", START_SECONDS)
        return self

    def reload(self) -> None:
        before = self._reloads()
        self.signal(signal.SIGHUP)
        wait_until(lambda: self._reloads() > before, "it reads its configuration again", LINK_SECONDS)

    def _reloads(self) -> int:
        return self.output().count("configuration reloaded")

    def pool(self, **what: int) -> Pool:
        """Its kernel's pool: another one takes the place of the one before."""
        if self.pools:
            self.pools[-1].end()
        self.pools.append(Pool(self, **what))
        return self.pools[-1]

    def rows(self) -> list[dict[str, Any]]:
        """What `entmesh peers` says."""
        return entmesh_json("peers", "--socket", str(self.control))["peers"]

    def peer(self, name: str) -> dict[str, Any]:
        return next(row for row in self.rows() if row["kind"] == "host" and row["name"] == name)

    def own_pool(self) -> dict[str, Any]:
        return next(row for row in self.rows() if row["kind"] == "own-pool")

    def report(self) -> dict[str, Any]:
        return entmesh_json("status", "--socket", str(self.control))

    @property
    def level(self) -> int:
        return self.report()["tank"]["level"]

    def counters(self) -> Counter[str]:
        rows = self.report()["counters"]
        return Counter({f"{row['name']}: {row['reason']}": row["count"] for row in rows})

    def sent(self) -> list[str]:
        """Hashes of all that left its encoder, in pieces of 32 bytes."""
        if not self.record.exists():
            return []
        return [line.split()[2] for line in self.record.read_text().splitlines()]


class Pool(Program):
    """A 512-byte stand-in for an old kernel's pool, beside its host's tank."""

    def __init__(
        self, host: Host, *, own: int = 0, foreign: int = 0, gathers: int = 0, drained: int = 0
    ) -> None:
        """What it has, in bytes; what it gathers and what is drawn from it, in tens a second."""
        super().__init__(
            f"{host.name}-pool{len(host.pools)}",
            [
                BUILD / "pool-stand-in", "--unix", host.pool_socket, f"--own={own}",
                f"--foreign={foreign}", f"--rate={gathers}", f"--drain={drained}", "--seconds=3600",
            ],
        )  # fmt: skip
        self.start()

    def end(self) -> dict[str, Any]:
        """Ends it; what it says it had, gave and got."""
        self.stop()
        return self.report()

    def got(self) -> int:
        """Bytes that it received, once it has ended."""
        return sum(len(block) for block in self.report()["received"]) // 2

    def report(self) -> dict[str, Any]:
        return json.loads(self.output().splitlines()[-1])

    def sent(self) -> list[str]:
        return [hashlib.sha256(bytes.fromhex(block)).hexdigest() for block in self.report()["given"]]


class Mesh:
    """The hosts of one scenario, all gone at its end."""

    def __init__(self, names: tuple[str, ...]) -> None:
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(exist_ok=True)  # it may be a mount
        self.hosts: list[Host] = []
        self.network = Network(names)
        try:
            self.authority = Authority(FOLDER / "ca")
        except Exception:
            self.network.close()
            raise

    def host(
        self, name: str, links: Mapping[str, Link], *, waits: bool = True, **options: Any
    ) -> Host:
        """Starts a daemon whose certificate, unless told otherwise, is issued to its name.

        One of several need not be waited for until it is up: that it connects shows it.
        """
        if not {"certificate", "authority"} & options.keys():
            self.authority.issue(name)
        host = Host(self, name, links, **options)
        self.hosts.append(host)
        host.start(waits=waits)
        return host

    def close(self) -> None:
        running = [host for host in self.hosts if host.running]
        for host in self.hosts:
            for pool in host.pools:
                pool.stop()
            host.signal(signal.SIGTERM)  # all at once: it takes a while
        for host in self.hosts:
            host.stop()
        self.network.close()
        ends = {host.namespace: host.status for host in running if host.status != 0}
        check(not ends, "all daemons end in order", ends)

    def check_ledgers(self) -> None:
        for host in self.hosts:
            if host.running:
                tank = host.report()["tank"]
                check(balances(tank), f"{host.namespace}'s ledger balances", tank)

    def check_sent(self) -> None:
        """Of all that any daemon or stand-in sent, nothing went out twice."""
        pools = [pool for host in self.hosts for pool in host.pools]
        pieces = Counter(piece for sender in (*self.hosts, *pools) for piece in sender.sent())
        twice = [piece for piece, times in pieces.items() if times > 1]
        check(not twice, f"of {pieces.total()} pieces sent, none was sent twice", twice[:5])


@contextmanager
def mesh(name: str, *hosts: str) -> Iterator[Mesh]:
    """A scenario with a network of these hosts."""
    with scenario(f"mesh: {name}"):
        made = Mesh(hosts)
        try:
            yield made
            made.check_ledgers()
        finally:
            made.close()
        made.check_sent()


def are_connected(*pairs: tuple[Host, str]) -> bool:
    connected = {
        (host, row["name"])
        for host in {host for host, _ in pairs}
        for row in host.rows()
        if row["kind"] == "host" and row["state"] == "connected"
    }
    return connected >= set(pairs)


def at_rest(figures: Callable[[], object], seconds: float, timeout: float) -> bool:
    """Whether, within the timeout, the figures stop changing for so many seconds."""
    last, since = figures(), time.monotonic()

    def is_still() -> bool:
        nonlocal last, since
        now = figures()
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since >= seconds

    return bool(poll(is_still, timeout)[0])
