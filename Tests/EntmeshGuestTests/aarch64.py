#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The static guest agent for 64-bit ARM, run by qemu-user.

qemu-user passes system calls on to this machine's kernel, but not the ioctls of /dev/random: to
RNDADDENTROPY it answers ENOSYS. So no block gets in, and what the agent makes of that is tested.
"""

import os
import struct
import subprocess
import tempfile
import unittest

import fake_host

BUILD = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "guest-agent", "build", "aarch64"
)
AGENT = os.path.join(BUILD, "entmesh-guest")
QEMU = "qemu-aarch64-static"
ENOSYS = 38
ET_DYN, EM_AARCH64 = 3, 183
PT_INTERP = 3
SECONDS = 60
MOST_BYTES = 52 * 1024
"""4 KiB above the bar of x86_64, whose instructions are shorter."""


def qemu(*command):
    return subprocess.run([QEMU, *command], capture_output=True, text=True, timeout=SECONDS)


class ForeignAgentTests(unittest.TestCase):
    def test_it_is_a_small_static_program_for_aarch64_at_any_address(self):
        with open(AGENT, "rb") as file:
            data = file.read()
        self.assertEqual(struct.unpack_from("<HH", data, 16), (ET_DYN, EM_AARCH64))
        start, = struct.unpack_from("<Q", data, 32)
        size, count = struct.unpack_from("<HH", data, 54)
        kinds = [struct.unpack_from("<I", data, start + index * size)[0] for index in range(count)]
        self.assertNotIn(PT_INTERP, kinds)
        self.assertLessEqual(len(data), MOST_BYTES)

    def test_the_selftest_passes(self):
        done = qemu(os.path.join(BUILD, "selftest"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("all right", done.stdout)

    def test_it_says_its_version_and_its_options(self):
        self.assertRegex(qemu(AGENT, "--version").stdout, r"^entmesh-guest \d+\.\d+\.\d+\n$")
        help_text = qemu(AGENT, "--help")
        self.assertEqual(help_text.returncode, 0)
        self.assertIn("--if-available", help_text.stdout)
        self.assertEqual(qemu(AGENT, "--sideways").returncode, 64)

    def test_a_block_that_the_kernel_refuses_is_reported_to_the_host_and_in_words(self):
        with tempfile.TemporaryDirectory(prefix="entmesh-") as folder:
            host = fake_host.Host(os.path.join(folder, "host.sock"))
            self.addCleanup(host.close)
            agent = subprocess.Popen(
                [QEMU, AGENT, "--once", "--wait", "3", "--unix", host.path, "--state-dir", folder],
                stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            self.addCleanup(agent.kill)
            link = host.accept(SECONDS)
            hello = link.greet()
            self.assertRegex(hello["version"], r"^entmesh-guest \d")
            self.assertEqual(link.level, 0)
            self.assertEqual(link.feed(), (None, fake_host.FAILED, ENOSYS))
            _, said = agent.communicate(timeout=SECONDS)
            self.assertEqual(agent.returncode, 75)
            self.assertIn("the kernel refused a block: errno 38", said)
            self.assertIn("not fed in time; giving up", said)
            report = qemu(AGENT, "--status", "--state-dir", folder)
            self.assertIn("Last block  failed, errno 38", report.stdout)


if __name__ == "__main__":
    unittest.main()
