#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""What the host agent, as it was built, keeps to itself: nothing it delivered is left in its
memory, nobody of the same user may look into it; and it feeds this machine's own kernel.

    host_scan.py BUILD [-v] [WipeTests.test_...]    where BUILD is such as .build/release

ENTMESH_GUEST names the guest agent (default: guest-agent/build/entmesh-guest). Needs root: else
most is left out, and that is said.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "EndToEnd")]

import left_out  # noqa: E402
import wipe_scan  # noqa: E402
from daemon import DEADLINE, Daemon, Noise, wait_for  # noqa: E402
from fake_guest import FakeGuest  # noqa: E402
from intruder import Intruder  # noqa: E402
from refusals import Refusals  # noqa: E402

BUILD = Path(sys.argv[1] if len(sys.argv) > 1 else ".build/release")
GUEST = Path(
    os.environ.get("ENTMESH_GUEST", HERE.parent.parent / "guest-agent" / "build" / "entmesh-guest")
)
BLOCKS = 20


class HostTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="entmesh-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        os.chmod(self.folder, 0o755)

    def start(self, program: str, *options: str | Path) -> Daemon:
        daemon = Daemon(BUILD, program, self.folder, *options)
        self.addCleanup(daemon.close)
        daemon.wait_until_ready()
        return daemon

    def feed(self, path: Path, count: int) -> list[bytes]:
        """What a guest at `path` is given until it has `count` blocks."""
        wait_for("the daemon listens", path.exists)
        guest = FakeGuest("scanned", path, drop=100)
        guest.start()
        try:
            wait_for(f"{count} blocks are delivered", lambda: len(guest.blocks) >= count)
        finally:
            guest.stop()
            guest.join()
        return guest.blocks

    def memory(self, daemon: Daemon) -> wipe_scan.Memory:
        time.sleep(0.5)  # the search needs a process at rest
        daemon.signal(signal.SIGSTOP)
        try:
            return wipe_scan.Memory(daemon.pid)
        finally:
            daemon.signal(signal.SIGCONT)


@left_out.needs_root
class WipeTests(HostTests):
    def test_nothing_delivered_is_left_of_what_the_shipped_program_made(self) -> None:
        noise = Noise(self.folder / "noise")
        path = self.folder / "guest.sock"
        daemon = self.start(
            "entmesh-host", "--source", f"device={noise.path}", "--guest-socket", f"scanned={path}")
        blocks = self.feed(path, BLOCKS)
        delivered = sum(map(len, blocks))
        wait_for("all is booked", lambda: daemon.status()["tank"]["delivered"] == delivered)
        self.assertTrue(daemon.status()["sources"][0]["isHealthy"])
        self.assertTrue(daemon.status()["tank"]["balances"])
        memory = self.memory(daemon)
        self.assertEqual([hit for block in blocks for hit in memory.find(block)], [])
        # The search does find what was there: the tank gives in order, so the next block was.
        following = self.feed(path, 1)[0]
        self.assertEqual(len(set(blocks) | {following}), len(blocks) + 1)
        self.assertGreater(len(memory.find(following)), 0)

    def test_no_raw_sample_is_left_of_what_was_conditioned(self) -> None:
        noise = Noise(self.folder / "noise")
        daemon = self.start("entmesh-host", "--source", f"device={noise.path}")
        wait_for("the tank is full", lambda: daemon.status()["tank"]["level"] == 100)
        memory = self.memory(daemon)
        raw = daemon.status()["sources"][0]["raw"]
        used = bytes(noise.written[: raw["read"] - raw["pending"]])
        # Above all the last: nothing came after it to cover it.
        for samples in (used[:512], used[len(used) // 2 :][:512], used[-1024:]):
            self.assertEqual(memory.find(samples, stride=wipe_scan.PIECE), [])
        # The search does find samples: those that wait to be used are there.
        waiting = bytes(noise.written[len(used) : raw["read"]])
        self.assertGreater(len(waiting), 256)
        self.assertGreater(len(memory.find(waiting, stride=wipe_scan.PIECE)), 0)

    # A tagged block is a name, a start time, a number, and the two combined: only the last eight
    # bytes occur nowhere else.
    def test_nothing_delivered_is_left_in_the_tagged_daemon(self) -> None:
        path = self.folder / "guests.sock"
        daemon = self.start("entmesh-host-tagged", "--guests-socket", path)
        blocks = self.feed(path, BLOCKS)
        memory = self.memory(daemon)
        self.assertEqual([hit for block in blocks for hit in memory.find(block[-8:])], [])
        self.assertGreater(len(memory.find(self.tail(blocks[-1], ahead=100))), 0)

    @staticmethod
    def tail(block: bytes, ahead: int) -> bytes:
        """The last eight bytes of the block `ahead` after this one, which is still in the tank."""
        run, number = block[8:16], int.from_bytes(block[16:24], "big") + ahead
        return (int.from_bytes(run, "big") ^ number).to_bytes(8, "big")


class LinkingTests(unittest.TestCase):
    def test_all_programs_are_bound_at_start(self) -> None:
        # Lazy binding saves vector registers, and pieces of entropy with them, on the stack.
        for program in ("entmesh-host", "entmesh", "entmesh-host-tagged"):
            with self.subTest(program):
                self.assertTrue(self.is_bound_at_start(BUILD / program))

    @staticmethod
    def is_bound_at_start(program: Path) -> bool:
        command = ["readelf", "--dynamic", "--wide", program]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return re.search(r"\(FLAGS_1\).*\bNOW\b|\(FLAGS\).*\bBIND_NOW\b", output) is not None


@left_out.needs_root
class RefusalTests(Refusals, HostTests):
    locked_at_least = 1024  # KiB: the tank alone

    def start_victim(self) -> Intruder:
        # Nobody must be able to read the program, or the kernel forbids looking by itself.
        program = shutil.copy(BUILD / "entmesh-host", self.folder)
        os.chmod(program, 0o755)
        noise, guest = self.folder / "noise", self.folder / "guest.sock"
        if not noise.exists():
            Noise(noise)
        options = Daemon.options(self.folder)
        victim = self.intrude(
            program, *options, "--source", f"device={noise}", "--guest-socket", f"nobody={guest}")
        wait_for("the daemon answers", (self.folder / "control.sock").exists)
        return victim


@left_out.needs_root
@unittest.skipUnless(GUEST.exists(), "no static agent: run guest-agent/build-static first")
class OwnPoolTests(HostTests):
    def test_the_host_feeds_its_own_kernel(self) -> None:
        noise = Noise(self.folder / "noise")
        path = self.folder / "own.sock"
        daemon = self.start("entmesh-host", "--source", f"device={noise.path}", "--own-pool-socket", path)
        wait_for("the daemon listens", path.exists)
        agent = subprocess.run(
            [GUEST, "--unix", path, "--once", "--state-dir", self.folder / "state"],
            capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(agent.returncode, 0, agent.stderr)
        wait_for("the block is booked", lambda: daemon.status()["tank"]["inFlight"] == 0)
        status = daemon.status()
        tank = status["tank"]
        self.assertEqual(tank["delivered"], 32, status)
        self.assertTrue(tank["balances"], tank)
        self.assertEqual(
            tank["received"],
            tank["resident"] + tank["inFlight"] + tank["delivered"] + tank["discarded"], tank)
        self.assertEqual(status["ownPool"]["servedBytes"], 32, status["ownPool"])


if __name__ == "__main__":
    left_out.main(sys.argv[2:])
