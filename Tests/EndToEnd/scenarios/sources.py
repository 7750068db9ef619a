# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The tank is filled from a hardware generator, a TPM and a serial generator at once; a source is
pulled out and put back under load, and no guest notices."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import threading
from pathlib import Path
from typing import Any

from entmesh_rig.checks import check, scenario, wait_until
from entmesh_rig.guest import Guest

from product import RUN, USER, HostAgent, entmesh, entmesh_json, row

SECONDS = 60
TRNG = RUN / "trng"
CONFIG = f"""
sources:
  use:
    - kind: hwrng
    - kind: tpm
    - kind: device
      name: trng
      path: {TRNG}
      baud: 9600
      claim: 4
"""
DRIVER = Path("/sys/bus/virtio/drivers/virtio_rng")


class SerialGenerator:
    """A generator behind a pseudo terminal, at the path TRNG as udev would have it."""

    def __init__(self) -> None:
        self._master, line = pty.openpty()
        os.set_blocking(self._master, False)
        self._is_over = threading.Event()
        path = os.ttyname(line)
        # The group dialout, for a user without groups.
        os.chown(path, USER, USER)
        TRNG.unlink(missing_ok=True)
        TRNG.symlink_to(path)
        self._line = line
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._sender.start()

    def _send(self) -> None:
        while not self._is_over.wait(0.01):
            try:
                os.write(self._master, os.urandom(256))
            except BlockingIOError:
                pass

    def pull_out(self) -> None:
        TRNG.unlink()
        # Nobody may be in a write when the end is closed, or it would stay open until that is over.
        self._is_over.set()
        self._sender.join()
        os.close(self._line)
        os.close(self._master)


class HardwareGenerator:
    """L1's virtio-rng, which can be taken from its driver."""

    def __init__(self) -> None:
        self._device = next(each.name for each in DRIVER.iterdir() if each.name.startswith("virtio"))

    def pull_out(self) -> None:
        (DRIVER / "unbind").write_text(self._device)

    def put_back(self) -> None:
        (DRIVER / "bind").write_text(self._device)


class Load:
    """An operator who has a guest reseeded again and again."""

    def __init__(self, guest: Guest) -> None:
        self.failures: list[str] = []
        self.count = 0
        self._guest = guest
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._is_over.is_set():
            try:
                done = entmesh("reseed", self._guest.name)
            except subprocess.TimeoutExpired as error:
                self.failures.append(str(error))
                continue
            # Its share may be used up for the moment: that is no failure of a source.
            if done.returncode != 0 and "share is used up" not in done.stdout:
                self.failures.append(done.stdout + done.stderr)
            self.count += 1

    def end(self) -> None:
        self._is_over.set()
        self._thread.join()


def found() -> dict[str, dict[str, Any]]:
    """All sources by name."""
    return {source["name"]: source for source in entmesh_json("sources")["sources"]}


def wait_for_state(name: str, state: str) -> None:
    wait_until(
        lambda: found().get(name, {}).get("state", "absent").startswith(state),
        f"{name} is {state}", SECONDS)


def drain() -> None:
    """Has M wiped and filled again: a host that restores its agent's generation file does that."""
    generation = Path("/run/entmesh-guest/generation")
    generation.parent.mkdir(exist_ok=True)
    replacement = generation.with_suffix(".new")
    replacement.write_text("1 00\n")
    replacement.rename(generation)


def three_at_once(host: HostAgent, guest: Guest) -> None:
    with scenario("what is there is used without a word of configuration"):
        names = found()
        check({"hwrng", "tpm0"} <= set(names), "hwrng and the TPM were found", sorted(names))
        absent = {each["kind"]: each["reason"] for each in entmesh_json("sources")["absent"]}
        check("RDSEED" in absent.get("rdseed", ""), "and RDSEED was not, with a reason", absent)
        check(not stat.S_ISLNK(os.lstat("/dev/hwrng").st_mode), "hwrng is the real device")

    served = row(guest)["servedBytes"]
    with scenario("M is filled from hwrng, a TPM and a serial generator at once"):
        serial = SerialGenerator()
        host.reload(CONFIG)
        for name in ("hwrng", "tpm0", "trng"):
            wait_for_state(name, "healthy")
        before = entmesh_json("status")["tank"]["discarded"]
        drain()
        wait_until(
            lambda: entmesh("reseed", guest.name).returncode == 0
            and entmesh_json("status")["tank"]["discarded"] > before,
            "the tank was wiped, as after a restore of this host", SECONDS)
        wait_until(
            lambda: entmesh_json("status")["tank"]["level"] >= 99, "and is full again", 6 * SECONDS)
        sources = found()
        for name in ("hwrng", "tpm0", "trng"):
            raw = sources[name]["raw"]
            check(sources[name]["deliveredBytes"] > 0, f"{name} has its part in it", sources[name])
            check(raw["balances"], f"the raw ledger of {name} balances", raw)

    with scenario("sources are pulled out and put back under load"):
        load = Load(guest)
        hardware = HardwareGenerator()
        serial.pull_out()
        wait_for_state("trng", "unavailable")
        hardware.pull_out()
        drain()
        # The TPM goes on alone, unless the kernel takes it for /dev/hwrng too.
        wait_until(
            lambda: found()["tpm0"]["isHealthy"] and entmesh_json("status")["tank"]["resident"] > 0,
            "the TPM goes on", SECONDS)
        hardware.put_back()
        serial = SerialGenerator()
        wait_for_state("trng", "healthy")
        wait_for_state("hwrng", "healthy")
        load.end()
        check(load.count > 0 and not load.failures, "every reseed was answered", load.failures)
        now = row(guest)
        check(now["isConnected"] and now["seeding"] == "seeded", "the guest is seeded", now)
        check(now["servedBytes"] > served, "and was fed all the time", now)
    serial.pull_out()


def bad_reload(host: HostAgent, guest: Guest) -> None:
    with scenario("a configuration that is wrong is refused, and the old one stays"):
        closed = [each for each in entmesh_json("status")["counters"] if each["name"] == "closed"]
        host.reload("sources:\n  use:\n    - kind: hwrgn\n")
        wait_until(
            lambda: any("not reloaded" in each for each in entmesh_json("status")["warnings"]),
            "status says so", SECONDS)
        warning = next(
            each for each in entmesh_json("status")["warnings"] if "not reloaded" in each)
        check("host.yaml:3:13: 'hwrgn' is not one of" in warning, "and where it is wrong", warning)
        check("did you mean 'hwrng'?" in warning, "and what was meant", warning)
        host.reload("# All defaults.\n")
        wait_until(
            lambda: not any("not reloaded" in each for each in entmesh_json("status")["warnings"]),
            "a good one is taken", SECONDS)
        check("trng" not in found(), "the serial generator is no source any more", sorted(found()))
        after = [each for each in entmesh_json("status")["counters"] if each["name"] == "closed"]
        check(after == closed, "no guest was dropped", after)
        check(row(guest)["isConnected"], "the guest is connected", row(guest))
