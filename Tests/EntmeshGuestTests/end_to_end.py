#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The static guest agent against a played host, over a UNIX socket.

    end_to_end.py [-v] [AgentTests.test_...]

ENTMESH_GUEST names the binary (default: guest-agent/build/entmesh-guest). What needs root, because
RNDADDENTROPY and other processes' memory do, is left out without, and that is said.
"""

import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "WipeScan"))
sys.path.insert(0, HERE)

import fake_host  # noqa: E402
import left_out  # noqa: E402
import wipe_scan  # noqa: E402
from refusals import Refusals  # noqa: E402

BINARY = os.environ.get(
    "ENTMESH_GUEST", os.path.join(HERE, "..", "..", "guest-agent", "build", "entmesh-guest")
)
EPERM = 1
CAP_SYS_ADMIN = 21
PT_INTERP = 3
MOST_BYTES = 48 * 1024
MOST_KIB_RESIDENT = 128


def has_capability(number):
    with open("/proc/self/status") as status:
        mask = re.search(r"CapEff:\s*([0-9a-f]+)", status.read()).group(1)
    return bool(int(mask, 16) >> number & 1)


needs_admin = unittest.skipUnless(
    has_capability(CAP_SYS_ADMIN), "needs CAP_SYS_ADMIN for RNDADDENTROPY: run it as root"
)


def memory_kib(pid, figure="VmRSS"):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(rf"{figure}:\s*(\d+)", status.read()).group(1))


def segments(program):
    """The types of the program headers of a 64-bit ELF file."""
    with open(program, "rb") as file:
        data = file.read()
    start, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    return [struct.unpack_from("<I", data, start + index * size)[0] for index in range(count)]


def descriptors(pid):
    """How many are open; the least of some looks, because a file may just be being written."""
    looks = []
    for _ in range(5):
        looks.append(len(os.listdir(f"/proc/{pid}/fd")))
        time.sleep(0.002)
    return min(looks)


@unittest.skipUnless(os.path.exists(BINARY), "no static agent: run guest-agent/build-static first")
class AgentTests(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="entmesh-")
        os.chmod(self.directory, 0o755)
        self.path = os.path.join(self.directory, "host.sock")
        self.state = os.path.join(self.directory, "state")
        self.binary = os.path.join(self.directory, "entmesh-guest")
        shutil.copy(BINARY, self.binary)
        self.agents = []
        self.host = None

    def tearDown(self):
        for agent in self.agents:
            if agent.poll() is None:
                agent.kill()
            agent.wait()
            agent.stderr.close()
        if self.host:
            self.host.close()
        shutil.rmtree(self.directory)

    def listen(self):
        self.host = fake_host.Host(self.path)
        os.chmod(self.path, 0o777)

    def start(self, *options, prefix=(), **keywords):
        command = [*prefix, self.binary, "--unix", self.path, "--state-dir", self.state]
        agent = subprocess.Popen(
            [*command, *options], stderr=subprocess.PIPE, text=True, **keywords
        )
        self.agents.append(agent)
        return agent

    def finish(self, agent, timeout=10):
        agent.wait(timeout)
        return agent.stderr.read()

    def status(self):
        return subprocess.run(
            [self.binary, "--status", "--state-dir", self.state], capture_output=True, text=True
        )

    # Feeding

    @needs_admin
    def test_a_block_is_injected_and_the_level_and_receipt_come_in_one_write(self):
        self.listen()
        self.start()
        link = self.host.accept()
        hello = link.greet()
        self.assertEqual(hello["kind"], 0)
        self.assertIn(hello["capacity"], (32, 512))
        self.assertEqual(hello["version"], "entmesh-guest 0.1.0")
        self.assertEqual(hello["occasion"], "start")
        self.assertEqual(link.level, 0)
        link.expect(fake_host.STATUS)
        reads = link.reads
        level, outcome, errno = link.feed()
        self.assertEqual((level, errno), (100, 0))
        self.assertIn(outcome, (fake_host.SEEDED, fake_host.RESEEDED))
        self.assertEqual(link.reads, reads + 1)
        self.assertEqual(link.feed()[0], None, "an unsolicited block changes no level")

    @needs_admin
    def test_mixing_credits_nothing_and_says_so(self):
        self.listen()
        self.start("--mix")
        link = self.host.accept()
        self.assertEqual(link.greet()["accepts"], 1)
        self.assertEqual(link.feed(), (100, fake_host.MIXED, 0))

    @needs_admin
    def test_status_says_how_the_pool_fares(self):
        self.listen()
        self.assertEqual(self.status().returncode, 1)
        agent = self.start()
        link = self.host.accept()
        link.greet()
        link.feed()
        link.feed()
        report = self.status()
        self.assertEqual(report.returncode, 0, report.stdout)
        self.assertRegex(report.stdout, r"Pool +ready, \d+ of \d+ bits")
        self.assertRegex(report.stdout, r"Level +(100|9\d) of 100")
        self.assertRegex(report.stdout, r"Last fed +0 s ago, [12] block")
        self.assertRegex(report.stdout, r"Host +connected over a UNIX socket")
        agent.terminate()
        agent.wait()
        report = self.status()
        self.assertEqual(report.returncode, 1)
        self.assertIn("no agent runs", report.stdout)

    # Giving

    @needs_admin
    def test_it_gives_a_tank_at_0_one_block_a_minute(self):
        self.listen()
        agent = self.start("--give")
        link = self.host.accept()
        self.assertEqual(link.greet(accepts=2)["sends"], 1)
        link.feed()
        link.send(fake_host.level(0))
        sequence, bits, first = link.take()
        given_at = time.monotonic()
        self.assertEqual((sequence, bits, len(first)), (1, 256, 32))
        # Asked again, it waits until the minute is over.
        link.send(fake_host.level(1) + fake_host.level(0))
        sequence, bits, second = link.take(70)
        self.assertGreater(time.monotonic() - given_at, 59)
        self.assertEqual((sequence, bits, len(second)), (2, 256, 32))
        self.assertNotEqual(first, second)
        link.send(fake_host.level(100))
        link.feed()
        self.assertRegex(
            self.status().stdout,
            r"(?m)^Gives +the kernel's generator, 64 bytes since the agent started$")
        with open(os.path.join(self.state, "status")) as file:
            self.assertEqual(file.read().splitlines()[-1], "given-getrandom-bytes 64")
        self.assertLessEqual(memory_kib(agent.pid, "VmHWM"), MOST_KIB_RESIDENT)

    @needs_admin
    def test_without_give_it_says_so_and_gives_nothing(self):
        self.listen()
        self.start()
        link = self.host.accept()
        self.assertEqual(link.greet(accepts=2)["sends"], 0)
        link.send(fake_host.level(0))
        with self.assertRaises(TimeoutError):
            link.take(1)
        self.assertEqual(link.feed()[0], 100)
        self.assertNotIn("Gives", self.status().stdout)
        with open(os.path.join(self.state, "status")) as file:
            self.assertTrue(file.read().splitlines()[-1].startswith("errno "))

    @needs_admin
    def test_what_was_given_is_nowhere_in_memory(self):
        self.listen()
        agent = self.start("--give")
        link = self.host.accept()
        link.greet(accepts=2)
        link.send(fake_host.level(0))
        _, _, block = link.take()
        time.sleep(0.2)
        agent.send_signal(signal.SIGSTOP)
        try:
            hits, scanned = wipe_scan.find(agent.pid, block)
            self.assertEqual(hits, [])
            self.assertGreater(scanned, 30 * 1024)
        finally:
            agent.send_signal(signal.SIGCONT)

    # F33

    def test_without_privilege_the_receipt_says_failed_eperm(self):
        self.listen()
        if os.geteuid() == 0:
            prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                      "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs")
        else:
            prefix = ()
        os.mkdir(self.state)
        os.chmod(self.state, 0o777)
        agent = self.start(prefix=prefix)
        link = self.host.accept()
        link.greet()
        self.assertEqual(link.feed(), (None, fake_host.FAILED, EPERM))
        self.assertEqual(link.feed(), (None, fake_host.FAILED, EPERM))
        agent.terminate()
        self.assertEqual(link.wait_closed(), fake_host.SHUTDOWN)
        lines = self.finish(agent)
        self.assertEqual(lines.count("CAP_SYS_ADMIN"), 1, lines)

    @needs_admin
    def test_memory_that_cannot_be_locked_is_a_warning(self):
        self.listen()
        agent = self.start(prefix=(
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
            "--bounding-set=-all", "prlimit", "--memlock=4096"))
        self.host.accept().greet()
        agent.terminate()
        self.assertIn("LimitMEMLOCK=infinity", self.finish(agent))

    # F34

    @needs_admin
    def test_a_host_that_breaks_the_rules_is_left_with_a_reason(self):
        self.listen()
        self.start()
        for bad, reason in [
            (fake_host.transfer(1, bytes(513)), fake_host.MALFORMED),
            (fake_host.transfer(2, bytes(32)), fake_host.SEQUENCE_BROKEN),
            (fake_host.transfer(1, bytes(32), bits=257), fake_host.MALFORMED),
            (fake_host.frame(fake_host.TRANSFER, bytes(8)), fake_host.MALFORMED),
            (fake_host.frame(fake_host.LEVEL, b"\x32"), fake_host.UNEXPECTED),
            (b"GET / HTTP/1.1\r\n\r\n", fake_host.MALFORMED),
        ]:
            link = self.host.accept(40)
            link.greet()
            link.send(bad)
            self.assertEqual(link.wait_closed(), reason, bad[:16])
            link.close()

    @needs_admin
    def test_hundreds_of_connections_leave_memory_and_descriptors_as_they_were(self):
        self.listen()
        agent = self.start()
        figures = []
        for round_ in range(60):
            link = self.host.accept(40)
            link.greet()
            link.feed(os.urandom(512))
            link.feed(os.urandom(32))
            figures.append((memory_kib(agent.pid), descriptors(agent.pid)))
            link.close()
        self.assertEqual(figures[5], figures[-1])

    # F35

    def test_a_host_that_closes_at_once_is_dialled_less_and_less(self):
        self.listen()
        self.start()
        times = []
        for _ in range(6):
            link = self.host.accept(40)
            times.append(time.monotonic())
            link.close()
        gaps = [after - before for before, after in zip(times, times[1:])]
        for gap, least, most in zip(gaps, (0.2, 0.4, 0.8, 1.6, 3.2), (0.4, 0.8, 1.6, 3.2, 6.4)):
            self.assertGreaterEqual(gap, least - 0.02, gaps)
            self.assertLess(gap, most + 0.25, gaps)

    def test_a_host_that_comes_later_is_found(self):
        agent = self.start()
        time.sleep(0.5)
        self.assertIsNone(agent.poll())
        self.listen()
        self.host.accept(30).greet()
        agent.terminate()
        lines = self.finish(agent)
        self.assertEqual(lines.count("cannot reach the host"), 1, lines)

    # How it ends

    @needs_admin
    def test_once_ends_with_0_after_the_receipt(self):
        self.listen()
        agent = self.start("--once")
        link = self.host.accept()
        link.greet()
        self.assertEqual(link.feed()[0], 100)
        self.assertEqual(link.wait_closed(), fake_host.SHUTDOWN)
        self.finish(agent)
        self.assertEqual(agent.returncode, 0)

    def test_once_ends_with_75_when_nothing_comes(self):
        agent = self.start("--once", "--wait", "1")
        lines = self.finish(agent)
        self.assertEqual(agent.returncode, 75)
        self.assertIn("not fed in time", lines)

    # What the command line promises

    def say(self, *options):
        command = [self.binary, "--unix", self.path, "--state-dir", self.state, *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=10)

    def test_version_and_help_go_to_standard_output_and_end_with_0(self):
        for options in (("--version",), ("--version", "--nonsense")):
            answer = self.say(*options)
            self.assertEqual(
                (answer.returncode, answer.stdout, answer.stderr), (0, "entmesh-guest 0.1.0\n", ""))
        for option in ("--help", "-h"):
            answer = self.say(option)
            self.assertEqual((answer.returncode, answer.stderr), (0, ""))
            self.assertTrue(answer.stdout.startswith("Usage: entmesh-guest"), answer.stdout)
            self.assertLessEqual(max(map(len, answer.stdout.splitlines())), 80)
            for word in ("once", "wait", "if-available", "mix", "give", "horizon", "unix", "state-dir",
                         "status", "version", "help"):
                self.assertRegex(answer.stdout, rf"(?m)^ +--{word}\b")

    def test_wrong_usage_ends_with_64_and_says_what_is_wrong(self):
        for options, culprit in (
            (("--nonsense",), "--nonsense"), (("--horizon", "9"), "9"),
            (("--horizon=86401",), "86401"), (("--horizon", "ten"), "ten"),
            (("--wait", "5"), "5"), (("--once", "--wait", "0"), "0"),
            (("--horizon",), "--horizon"), (("--unix",), "--unix"), (("--unix", ""), "--unix"),
            (("feed",), "feed"), (("",), ""),
        ):
            answer = self.say(*options)
            self.assertEqual((answer.returncode, answer.stdout), (64, ""), options)
            self.assertEqual(answer.stderr.count("\n"), 1, answer.stderr)
            self.assertIn(f" '{culprit}'; type: entmesh-guest --help", answer.stderr)

    @needs_admin
    def test_with_a_horizon_of_10_seconds_the_level_falls_10_points_a_second(self):
        self.listen()
        self.start("--horizon", "10")
        link = self.host.accept()
        link.greet()
        self.assertEqual(link.feed()[0], 100)
        fed_at = time.monotonic()
        for level in (90, 80, 70):
            self.assertEqual(link.expect(fake_host.LEVEL, 5)[0], level)
            age, due = time.monotonic() - fed_at, (100 - level) / 10
            self.assertGreater(age, due - 0.5)
            self.assertLess(age, due + 1)
        self.assertEqual(link.feed()[0], 100)

    @needs_admin
    def test_if_available_is_about_vsock_a_unix_socket_may_come_later(self):
        agent = self.start("--if-available")
        time.sleep(1)
        self.assertIsNone(agent.poll())
        self.listen()
        link = self.host.accept(30)
        link.greet()
        self.assertEqual(link.feed()[0], 100)

    @needs_admin
    def test_status_says_that_the_machine_may_have_been_cloned(self):
        self.listen()
        os.mkdir(self.state)
        generation = os.path.join(self.state, "generation")
        for content, words in (
            ("3 00112233445566778899aabbccddeeff\n", "3, this machine may have been cloned"),
            ("nonsense\n", "0, no sign of a clone"),
        ):
            with open(generation, "w") as file:
                file.write(content)
            report = self.status()
            self.assertEqual(report.returncode, 1)
            self.assertRegex(report.stdout, rf"(?m)^Generation +{words} or restore")
        self.start()
        link = self.host.accept()
        link.greet()
        link.feed()
        link.feed()
        os.unlink(generation)
        report = self.status()
        self.assertEqual(report.returncode, 0, report.stdout)
        self.assertRegex(report.stdout, r"(?m)^Generation +0, no sign of a clone")

    # N6

    def test_it_is_one_small_static_program(self):
        self.assertLessEqual(os.path.getsize(BINARY), MOST_BYTES)
        kinds = segments(BINARY)
        self.assertGreater(len(kinds), 2)
        self.assertNotIn(PT_INTERP, kinds, "it wants a dynamic linker")

    @needs_admin
    def test_it_never_takes_more_than_128_kib_of_memory(self):
        self.listen()
        agent = self.start()
        link = self.host.accept()
        link.greet()
        link.feed()
        link.feed(os.urandom(512))
        self.assertLessEqual(memory_kib(agent.pid), MOST_KIB_RESIDENT)
        self.assertLessEqual(memory_kib(agent.pid, "VmHWM"), MOST_KIB_RESIDENT)

    def test_signals_say_goodbye(self):
        self.listen()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            agent = self.start()
            link = self.host.accept()
            link.greet()
            agent.send_signal(number)
            self.assertEqual(link.wait_closed(), fake_host.SHUTDOWN)
            self.finish(agent)
            self.assertEqual(agent.returncode, 0)

    @needs_admin
    def test_a_unix_socket_that_breaks_is_no_sign_of_a_clone(self):
        self.listen()
        self.start()
        link = self.host.accept()
        link.greet()
        link.feed()
        # Closing with something unread makes it a reset.
        link.send(fake_host.frame(fake_host.HEARTBEAT, b"\x00"))
        time.sleep(0.1)
        link.close()
        link = self.host.accept()
        self.assertEqual(link.greet()["occasion"], "peer ended")
        link.feed()
        link.feed()
        self.assertFalse(os.path.exists(os.path.join(self.state, "generation")))

    # F20

    @needs_admin
    def test_a_state_directory_that_cannot_be_written_keeps_nobody_from_being_fed(self):
        self.listen()
        self.state = "/proc/entmesh-guest"
        agent = self.start()
        link = self.host.accept()
        link.greet()
        self.assertEqual(link.feed()[0], 100)
        agent.terminate()
        lines = self.finish(agent)
        self.assertEqual(lines.count("cannot write in /proc/entmesh-guest"), 1, lines)

    def test_the_agent_is_not_dumpable(self):
        self.listen()
        agent = self.start()
        self.host.accept().greet()
        owner = os.stat(f"/proc/{agent.pid}/maps").st_uid
        self.assertEqual(owner, 0)
        limits = resource.prlimit(agent.pid, resource.RLIMIT_CORE)
        self.assertEqual(limits, (0, 0))

    # F17

    @needs_admin
    def test_what_was_delivered_is_nowhere_in_memory(self):
        self.listen()
        agent = self.start()
        link = self.host.accept()
        link.greet()
        pattern = bytes.fromhex(
            "9f3a6c1d5e8b2047b1d4f7903c6e8a25d2185bf0a7946ec33b0f81d96a52e47c")
        self.assertEqual(link.feed(pattern)[0], 100)
        long_pattern = b"".join((0xB7E1 + 40503 * i & 0xFFFF).to_bytes(2) for i in range(256))
        link.feed(long_pattern)
        # Half a block more, which waits in the frame decoder, and then is gone with the link.
        waiting = os.urandom(32)
        link.send(fake_host.transfer(3, waiting)[:-8])
        time.sleep(0.2)
        agent.send_signal(signal.SIGSTOP)
        try:
            for gone in (pattern, long_pattern):
                hits, scanned = wipe_scan.find(agent.pid, gone)
                self.assertEqual(hits, [])
                self.assertGreater(scanned, 30 * 1024)
            # The scan does find what is there.
            hits, _ = wipe_scan.find(agent.pid, waiting[:-8])
            self.assertGreater(len(hits), 0)
        finally:
            agent.send_signal(signal.SIGCONT)
        link.close()
        link = self.host.accept()
        link.greet()
        agent.send_signal(signal.SIGSTOP)
        try:
            hits, _ = wipe_scan.find(agent.pid, waiting[:-8])
            self.assertEqual(hits, [])
        finally:
            agent.send_signal(signal.SIGCONT)


@left_out.needs_root
@unittest.skipUnless(os.path.exists(BINARY), "no static agent: run guest-agent/build-static first")
class RefusalTests(Refusals, unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="entmesh-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)
        # Nobody must be able to read the program, or the kernel forbids looking by itself.
        self.binary = shutil.copy(BINARY, self.folder)
        os.chmod(self.binary, 0o755)

    def start_victim(self):
        path = os.path.join(self.folder, "host.sock")
        state = os.path.join(self.folder, "state")
        victim = self.intrude(self.binary, "--unix", path, "--state-dir", state)
        host = fake_host.Host(path)
        self.addCleanup(host.close)
        os.chmod(path, 0o777)
        host.accept(30).greet()
        return victim


if __name__ == "__main__":
    left_out.main(sys.argv[1:])
