#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Starts a program as its child and tries to look into it: what a process of the same user may.

    intruder.py PROGRAM [ARGUMENT]...

Prints the child's process ID. On standard input "look" makes it try, "kill NUMBER" sends a signal
and waits; each is answered with a line of JSON. The end of the input ends it and the child.

It is the child's parent so that no ptrace_scope of Yama hides what we want to see. `Intruder` is
its other end: it starts all this as nobody, without a capability.
"""

import ctypes
import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys

NOBODY = 65534
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
WITHOUT_PRIVILEGE = (
    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all",
    "--bounding-set=-all",
)


class Intruder:
    """Starts `command` in `folder`, which it hands over to nobody. Needs root."""

    def __init__(self, folder, *command):
        # Where the tests are, nobody may have no access.
        script = shutil.copy(os.path.abspath(__file__), folder)
        os.chmod(script, 0o755)
        os.chown(folder, NOBODY, NOBODY)
        self._process = subprocess.Popen(
            [*WITHOUT_PRIVILEGE, "/usr/bin/python3", script, *map(str, command)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder,
        )
        self.pid = json.loads(self._process.stdout.readline())

    def look(self):
        """By the way tried: "allowed", or the name of the error."""
        return self._ask("look")

    def kill(self, number):
        """(the signal the child died of, whether the kernel wrote a core file)"""
        return tuple(self._ask(f"kill {int(number)}"))

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _ask(self, question):
        print(question, file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


def read_memory(pid):
    with open(f"/proc/{pid}/mem", "rb"):
        pass


def attach(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(PTRACE_ATTACH, pid, None, None) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    os.waitpid(pid, 0)
    libc.ptrace(PTRACE_DETACH, pid, None, None)


def outcome(attempt, pid):
    try:
        attempt(pid)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "allowed"


def end(child, number):
    child.send_signal(number)
    _, status = os.waitpid(child.pid, 0)
    child.returncode = 0
    return os.WTERMSIG(status), os.WCOREDUMP(status)


def main():
    _, limit = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
    # A shell's background jobs ignore it, and so would the child.
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    nothing = subprocess.DEVNULL
    child = subprocess.Popen(sys.argv[1:], stdin=nothing, stdout=nothing, stderr=nothing)
    print(json.dumps(child.pid), flush=True)
    for line in sys.stdin:
        if line == "look\n":
            answer = {"mem": outcome(read_memory, child.pid), "ptrace": outcome(attach, child.pid)}
        else:
            answer = end(child, signal.Signals(int(line.split()[1])))
        print(json.dumps(answer), flush=True)
    child.kill()
    child.wait()


if __name__ == "__main__":
    main()
