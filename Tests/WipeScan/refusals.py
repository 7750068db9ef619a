# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""What either agent refuses to who runs as the same user: see `Refusals`."""

import contextlib
import re
import resource
import signal
from pathlib import Path

from intruder import Intruder


class Refusals:
    """Tests to mix into a TestCase. The agent and who looks are both nobody, without a capability.

    `folder` is a folder of the test's own, `start_victim` starts the agent in it by `intrude` and
    returns when it works.
    """

    locked_at_least = 1  # KiB

    def intrude(self, *command):
        # Whoever is killed leaves its sockets.
        for stale in Path(self.folder).glob("*.sock"):
            stale.unlink()
        intruder = Intruder(self.folder, *command)
        self.addCleanup(intruder.close)
        return intruder

    def test_the_same_user_may_neither_read_nor_trace_it(self):
        anybody = self.intrude("sleep", "60")
        if anybody.look() != {"mem": "allowed", "ptrace": "allowed"}:
            self.skipTest("here nobody may look into any program, not even into sleep")
        self.assertEqual(self.start_victim().look(), {"mem": "EACCES", "ptrace": "EPERM"})

    def test_no_signal_makes_it_leave_a_core_file(self):
        for number in (signal.SIGSEGV, signal.SIGQUIT):
            if self.intrude("sleep", "60").kill(number) != (number, True):
                self.skipTest("this kernel leaves no core file, not even of sleep")
            victim = self.start_victim()
            limits = Path(f"/proc/{victim.pid}/limits").read_text()
            self.assertRegex(limits, r"Max core file size +0 +0 ")
            # Not for the limit alone, which CAP_SYS_RESOURCE may raise again.
            with contextlib.suppress(PermissionError):
                unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
                resource.prlimit(victim.pid, resource.RLIMIT_CORE, unlimited)
            self.assertEqual(victim.kill(number), (number, False))

    def test_its_memory_is_locked(self):
        status = Path(f"/proc/{self.start_victim().pid}/status").read_text()
        locked = int(re.search(r"VmLck:\s*(\d+) kB", status).group(1))
        self.assertGreaterEqual(locked, self.locked_at_least)
