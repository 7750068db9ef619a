# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The installed daemon is upgraded, reloaded, hung and killed under a running guest."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from entmesh_rig.checks import check, poll, scenario, wait_until
from entmesh_rig.guest import Guest
from entmesh_rig.systemd import journal, main_pid, output, properties, run

import package
from package import CONFIG, SERVICE, UPGRADE, commands
from product import entmesh, entmesh_json, generation, is_seeded, refusals

FED_SECONDS = 120
RECONNECT_SECONDS = 30
"""The longest delay between two dials of an agent."""
RESTART_SECONDS = 90
LOOK_SECONDS = 0.3
"""Between two looks at the port."""
UNKNOWN_KEY = "sorces"


def upgraded(deb: Path, folder: Path, guest: Guest) -> None:
    with scenario("the package is upgraded under a running guest"):
        package.successor(deb, folder)
        before = package.version()
        agent = _agent(guest)
        with _port_is_watched(), _daemon_changes("the upgrade restarts the daemon"):
            package.must(UPGRADE, folder)
        check(package.version() != before, f"{before} became {package.version()}")
        start = time.monotonic()
        wait_until(lambda: is_seeded(guest), "the guest is fed by the new one", FED_SECONDS)
        took = time.monotonic() - start
        check(took < RECONNECT_SECONDS, "within the agent's longest delay", took)
        _nobody_was_unknown()
        check(_agent(guest) == agent, "its agent ran on", agent)


def reloaded(guest: Guest) -> None:
    with scenario("a reload drops no guest, and a bad configuration is refused"):
        said, process = _said(guest), main_pid(SERVICE)
        output("systemctl", "reload", SERVICE)
        done = entmesh("reseed", guest.name)
        check(done.stdout.strip() == f"{guest.name}: reseeded", "the guest is still fed", done)
        good = CONFIG.read_text()
        CONFIG.write_text(f"{good}\n{UNKNOWN_KEY}: []\n")
        output("systemctl", "reload", SERVICE)
        wait_until(
            lambda: UNKNOWN_KEY in "".join(entmesh_json("status")["warnings"]),
            "entmesh status says what is wrong", FED_SECONDS)
        wait_until(lambda: "warning" in package.status_line(), "systemctl status too", FED_SECONDS)
        done = entmesh("reseed", guest.name)
        check(done.stdout.strip() == f"{guest.name}: reseeded", "and it runs on as before", done)
        CONFIG.write_text(good)
        output("systemctl", "reload", SERVICE)
        wait_until(
            lambda: UNKNOWN_KEY not in "".join(entmesh_json("status")["warnings"]),
            "the good one is taken again", FED_SECONDS)
        check(main_pid(SERVICE) == process, "in the same process")
        check(_said(guest) == said, "and over the guest's same connection", _said(guest))


def refused(guest: Guest | None) -> None:
    with scenario("a start with a bad configuration ends, and no agent that dials starts it again"):
        good = CONFIG.read_text()
        CONFIG.write_text(f"{good}\n{UNKNOWN_KEY}: []\n")
        done = run("systemctl", "restart", SERVICE)
        check(done.returncode != 0, "systemctl restart says so", done)
        wait_until(lambda: not package.listens_on_vsock(), "the port is closed", RESTART_SECONDS)
        found = properties(SERVICE, "ActiveState", "ExecMainStatus")
        wanted = {"ActiveState": "failed", "ExecMainStatus": "78"}
        check(found == wanted, "its status is 78", found)
        CONFIG.write_text(good)
        output("systemctl", "start", SERVICE)
        check(package.listens_on_vsock(), "once it is mended, a start opens the port again")
        if guest:
            wait_until(lambda: is_seeded(guest), "and the guest is fed", FED_SECONDS)


def hung(guest: Guest) -> None:
    with scenario("a daemon that hangs is restarted by the watchdog (F61)"):
        seconds = int(properties(SERVICE, "WatchdogUSec")["WatchdogUSec"].removesuffix("s"))
        with _daemon_changes(f"after {seconds} s without a sign another one runs", seconds):
            os.kill(main_pid(SERVICE), signal.SIGSTOP)
        wait_until(lambda: is_seeded(guest), "and feeds the guest", FED_SECONDS)


def killed(guest: Guest) -> None:
    with scenario("a daemon that is killed is restarted, and knows what it gave"):
        before = _ledger(guest)
        old = generation(guest)
        with _port_is_watched(), _daemon_changes("systemd starts another one"):
            os.kill(main_pid(SERVICE), signal.SIGKILL)
        wait_until(lambda: is_seeded(guest), "and it feeds the guest", FED_SECONDS)
        _nobody_was_unknown()
        check(generation(guest) == old, "which takes it for no sign of a clone", old)
        after = _ledger(guest)
        check(after["servedBytes"] >= before["servedBytes"], "its ledger goes on", (before, after))
        output("systemctl", "restart", SERVICE)
        wait_until(lambda: is_seeded(guest), "after an orderly restart too", FED_SECONDS)
        _nobody_was_unknown()
        check(_ledger(guest)["servedBytes"] >= after["servedBytes"], "nothing of it is lost", after)


def quiet() -> None:
    with scenario("its log is worth reading"):
        log = output("journalctl", f"--unit={SERVICE}", "--output=cat", "--no-pager")
        check("listening for agents" in log, "it says what it does")
        # libdispatch may not change priorities under the unit, and would say so at each thread.
        check("thread priority" not in log, "and nothing of its threads", log.count("thread priority"))


def restored(guest: Guest) -> None:
    with scenario("a restore leaves a record in the journal"):
        before = len(journal("ENTMESH_EVENT=reseed"))
        old, reseeds = generation(guest), _ledger(guest)["reseeds"]
        guest.restore(guest.save())
        wait_until(
            lambda: is_seeded(guest) and generation(guest) != old, "it is reseeded", FED_SECONDS)
        wait_until(
            lambda: len(journal("ENTMESH_EVENT=reseed")) > before,
            "it is in the journal", FED_SECONDS)
        found = journal("ENTMESH_EVENT=reseed")[before:]
        check(len(found) == 1, "by one record", found)
        check(found[0]["ENTMESH_UUID"] == guest.uuid, "with the guest's UUID", found)
        check(found[0]["ENTMESH_CAUSE"] == "restored", "and why", found)
        (show,) = commands("What guests were given", "docs/operating.md", sudo=False)
        check(guest.uuid in package.must(show), f"{show} shows it")
        check(_ledger(guest)["reseeds"] == reseeds + 1, "and counted in the ledger", _ledger(guest))
        output("systemctl", "restart", SERVICE)
        check(_ledger(guest)["reseeds"] == reseeds + 1, "which a restart does not change")


def _nobody_was_unknown() -> None:
    """A guest that waited while the daemon was away is not sent to its longest rest."""
    found = refusals("unknown-guest")
    check(not found, "no guest that came meanwhile was taken for a stranger", found)


def _ledger(guest: Guest) -> dict[str, int]:
    """The guest's entry. While the daemon comes back, nobody answers."""
    entry, found = poll(
        lambda: entmesh_json("ledger", guest.name)["entries"][0], RESTART_SECONDS)
    if entry is None:
        raise TimeoutError(f"no ledger: {found}")
    return entry


def _agent(guest: Guest) -> str:
    return guest.output("systemctl show -p MainPID --value entmesh-guest")


def _said(guest: Guest) -> str:
    """The agent's log: of a lost connection it would tell."""
    return guest.output("journalctl --boot --quiet --output=cat --unit entmesh-guest")


@contextmanager
def _daemon_changes(sentence: str, seconds: float = 0) -> Iterator[None]:
    """A check that another process runs, and is ready, after what is done meanwhile."""
    before = main_pid(SERVICE)
    yield
    wait_until(lambda: _runs_anew(before), sentence, RESTART_SECONDS + seconds)


def _runs_anew(before: int) -> bool:
    found = properties(SERVICE, "MainPID", "ActiveState")
    return found["ActiveState"] == "active" and found["MainPID"] not in ("0", str(before))


@contextmanager
def _port_is_watched() -> Iterator[None]:
    """A check that somebody listens on the guests' port all the while."""
    over = threading.Event()
    looks: list[bool] = []

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            try:
                looks.append(package.listens_on_vsock())
            except (OSError, RuntimeError, subprocess.SubprocessError):
                looks.append(False)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    shut = looks.count(False)
    check(looks and not shut, f"the port was open at each of {len(looks)} looks", shut)
