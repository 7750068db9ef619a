# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Who is let in (F46), and certificates that change under a live connection (F51).

A stranger without any certificate is left to the unit tests: the openssl there is knows no key
exchange by which it would get that far.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time

from entmesh_rig.checks import check, wait_until
from entmesh_rig.network import inside

from certificates import Authority, both, serial
from mesh import (
    CREDIT,
    FLOW_SECONDS,
    FOLDER,
    LINK_SECONDS,
    PORT,
    Host,
    Link,
    Mesh,
    are_connected,
    mesh,
)
from product import START_SECONDS, adopt

EXPIRES_SECONDS = 60
"""A certificate's life: a daemon makes links with a good one only, and shows what it has later."""


def strangers_are_refused() -> None:
    hosts = ("m1", "wrong-ca", "unlisted", "wrong-name", "expired")
    with mesh("strangers are refused, in words at both ends (F46)", *hosts) as made:
        links = {name: Link(dials=False) for name in hosts if name not in ("m1", "unlisted")}
        listener = made.host("m1", links, real=True, rate=0)
        expired, end = _expiring(made)
        _signed_by_another(made, listener)
        _unlisted(made, listener)
        _misdirected(made, listener)
        _other_programs(made, listener)
        time.sleep(max(0, end + 1 - time.time()))
        made.network.heal("expired")
        _says(expired, "m1", r"refused our certificate")
        _hears(listener, r"its certificate expired on")
        given = [row["sentBytes"] for row in listener.rows()]
        check(not any(given), "nobody got anything", given)


def _expiring(made: Mesh) -> tuple[Host, float]:
    """A host that reaches nobody until its certificate has expired, and when that is.

    Before it, one that had expired already.
    """
    made.authority.issue_until("expired", time.time() - 1)
    certificate = {"certificate": "expired", "real": True, "listens": False}
    late = made.host("expired", {"m1": Link()}, **certificate)
    late.wait_for_line("expired on", START_SECONDS)
    warnings = late.report()["warnings"]
    check(any("expired on" in each for each in warnings), "an expired one is a warning", warnings)
    check(late.rows()[0]["state"] == "off", "and no link is made with it", late.rows())
    late.stop()
    end = time.time() + EXPIRES_SECONDS
    made.authority.issue_until("expired", end)
    made.network.partition("expired")
    return made.host("expired", {"m1": Link()}, **certificate), end


def _signed_by_another(made: Mesh, listener: Host) -> None:
    other = Authority(FOLDER / "other-ca")
    other.issue("wrong-ca")
    trusted = both(made.authority, other)
    dialler = made.host(
        "wrong-ca", {"m1": Link()}, authority=other, trusted=trusted, real=True, listens=False)
    _says(dialler, "m1", r"refused our certificate")
    _hears(listener, r"is not signed by our CA")
    dialler.stop()


def _unlisted(made: Mesh, listener: Host) -> None:
    dialler = made.host("unlisted", {"m1": Link()}, real=True, listens=False)
    _says(dialler, "m1", r"does not know our name")
    _hears(listener, r"unknown-host")
    dialler.stop()


def _misdirected(made: Mesh, listener: Host) -> None:
    """Somebody else is where a host should be."""
    link = Link(at="m1")
    dialler = made.host("wrong-name", {"m9": link}, real=True, listens=False)
    _says(dialler, "m9", r"is for m1, not for m9")
    _hears(listener, r"refused our certificate")
    dialler.stop()


def _other_programs(made: Mesh, listener: Host) -> None:
    """Clients with a good certificate, but not with the TLS that is asked for."""
    certificate, key = made.authority.files("wrong-name")
    for option, theirs, ours in (
        (["-tls1_2"], r"alert protocol version|unsupported protocol", r"TLS 1\.3"),
        (["-groups", "X25519"], r"alert handshake failure", r"X25519MLKEM768"),
    ):
        command = [
            "openssl", "s_client", "-connect", f"{made.network.addresses['m1']}:{PORT}",
            "-cert", str(certificate), "-key", str(key), "-alpn", "entmesh/1", *option,
        ]  # fmt: skip
        done = subprocess.run(
            inside("wrong-name", command), input="", capture_output=True, text=True, timeout=60)
        said = done.stdout + done.stderr
        check(re.search(theirs, said), f"openssl {' '.join(option)} is refused", said[-500:])
        _hears(listener, ours)


def _says(dialler: Host, name: str, words: str) -> None:
    wait_until(
        lambda: re.search(words, dialler.peer(name).get("lastError") or ""),
        f"{dialler.namespace}: the dialler says why", LINK_SECONDS)
    row = dialler.peer(name)
    check(row["state"] != "connected", "and is not connected", row)
    print(f"        {row.get('lastError')}", flush=True)


def _hears(listener: Host, words: str) -> None:
    """Its log or one of its counters has the words."""

    def found() -> str | None:
        lines = [*listener.output().splitlines(), *listener.counters()]
        return next((line for line in lines if re.search(words, line)), None)

    print(f"        {wait_until(found, 'the listener says why', LINK_SECONDS)}", flush=True)


def certificates_are_rotated() -> None:
    with mesh("certificates are rotated under a live connection (F51)", "m1", "m2") as made:
        first = made.host("m1", {"m2": Link("credit", dials=False)}, real=True, rate=0)
        second = made.host("m2", {"m1": CREDIT}, real=True, listens=False)
        wait_until(lambda: are_connected((first, "m2"), (second, "m1")), "they connect", LINK_SECONDS)
        before = serial(first.certificate)
        made.authority.issue("m1", renew=True)
        check(serial(first.certificate) != before, "a renewed certificate is another one")
        _reloaded(first, second)
        other = Authority(FOLDER / "new-ca")
        for name in ("m1", "m2"):
            other.issue(name)
        first.trusted = both(made.authority, other)
        _replace(first, other)
        first.write_config()
        _reloaded(first, second)
        # Now it takes nothing but what the new CA signed.
        second.trusted = other.certificate
        _replace(second, other)
        second.write_config()
        second.restart()
        wait_until(
            lambda: are_connected((first, "m2"), (second, "m1")),
            "the next handshake is by the certificates of the new CA", LINK_SECONDS)
        wait_until(lambda: second.peer("m1")["receivedBytes"] > 0, "and the peer is fed", FLOW_SECONDS)


def _replace(host: Host, authority: Authority) -> None:
    """Puts another CA's certificate in the place of the old one."""
    for old, new in zip((host.certificate, host.key), authority.files(host.namespace)):
        shutil.copy(new, old)
    adopt(old.parent)


def _reloaded(first: Host, second: Host) -> None:
    since = second.peer("m1")["sinceSeconds"]
    first.reload()
    wait_until(
        lambda: second.peer("m1")["sinceSeconds"] >= since + 3,
        "the live connection stays as it was", LINK_SECONDS)
    check(first.peer("m2")["sinceSeconds"] >= since, "at both ends", first.peer("m2"))
