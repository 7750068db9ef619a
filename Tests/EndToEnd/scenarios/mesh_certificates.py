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

from entmesh_rig.checks import check, wait_until
from entmesh_rig.network import inside

from certificates import Authority, serial
from mesh import CREDIT, FLOW_SECONDS, FOLDER, LINK_SECONDS, PORT, Host, Link, Mesh, are_connected, mesh
from product import adopt

STRANGERS = {
    "expired": r"expired",
    "wrong-ca": r"(?i)\bCA\b|authority|signed",
    "unlisted": r"unlisted|unknown.host",
}
"""Whose certificates the listener refuses, and a word of its reason."""

DIALLERS_WORDS = r"refused our certificate|unknown.host|expired"


def strangers_are_refused() -> None:
    hosts = ("m1", *STRANGERS, "wrong-name")
    with mesh("strangers are refused, in words at both ends (F46)", *hosts) as made:
        listed = [name for name in hosts[1:] if name != "unlisted"]
        listener = made.host("m1", {name: Link(dials=False) for name in listed}, real=True, rate=0)
        for name in STRANGERS:
            _refused(made, listener, name)
        _misdirected(made, listener)
        _other_programs(made, listener)
        given = [row["sentBytes"] for row in listener.rows()]
        check(not any(given), "nobody got anything", given)


def _refused(made: Mesh, listener: Host, name: str) -> None:
    authority = made.authority
    if name == "expired":
        authority.issue_expired(name)
    elif name == "wrong-ca":
        authority = Authority(FOLDER / "other-ca")
        authority.issue(name)
    else:
        authority.issue(name)
    dialler = made.host(name, {"m1": Link()}, real=True, listens=False, authority=authority)
    _says(dialler, "m1", DIALLERS_WORDS)
    wait_until(
        lambda: _heard(listener, STRANGERS[name]), f"{name}: the listener says why", LINK_SECONDS)
    dialler.stop()


def _misdirected(made: Mesh, listener: Host) -> None:
    """Somebody else is where a host should be."""
    link = Link(at="m1")
    dialler = made.host("wrong-name", {"m9": link}, real=True, listens=False)
    _says(dialler, "m9", r"m1")
    wait_until(
        lambda: _heard(listener, r"refused our certificate"),
        "wrong-name: the listener heard that it was refused", LINK_SECONDS)
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
        wait_until(lambda: _heard(listener, ours), "and the listener says why", LINK_SECONDS)


def _says(dialler: Host, name: str, words: str) -> None:
    wait_until(
        lambda: re.search(words, dialler.peer(name).get("lastError") or ""),
        f"{dialler.namespace}: the dialler says why", LINK_SECONDS)
    row = dialler.peer(name)
    check(row["state"] != "connected", "and is not connected", row)
    print(f"        {row.get('lastError')}", flush=True)


def _heard(listener: Host, words: str) -> list[str]:
    """The lines of its log, and its counters, in which these words are."""
    lines = [*listener.output().splitlines(), *listener.counters()]
    return [line for line in lines if re.search(words, line)]


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
        both = FOLDER / "both.pem"
        both.write_text(first.trusted.read_text() + other.certificate.read_text())
        first.trusted = both
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
    first.wait_for_line("(?i)certificate|reload|configuration", LINK_SECONDS)
    wait_until(
        lambda: second.peer("m1")["sinceSeconds"] >= since + 3,
        "the live connection stays as it was", LINK_SECONDS)
    check(first.peer("m2")["sinceSeconds"] >= since, "at both ends", first.peer("m2"))
