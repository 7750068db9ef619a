#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Bar N6: from connect() to the receipt of the first block, entmesh-guest against bare C.

    guest-latency.py [--runs 200] [--idle SECONDS]

The two run in turn, each a new process against the same played host on a UNIX socket; medians and
their ratio are printed. Also: size of the binary, memory while connected, system calls before the
first wait (with strace), wakes a minute with a host that feeds at level 90 (--idle). Needs root.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(ROOT, "Tests", "EntmeshGuestTests"))

import fake_host  # noqa: E402

from bars import bar, finish  # noqa: E402

AGENT = os.path.join(ROOT, "guest-agent", "build", "entmesh-guest")
BLOCK = 32
SATISFIED = 90
"""The level at which the played host feeds, as the real one does."""


def build_bare(directory):
    binary = os.path.join(directory, "bare-agent")
    subprocess.run(
        ["musl-gcc", "-Os", "-static", "-o", binary, os.path.join(HERE, "bare-agent.c"),
         "-idirafter", "/usr/include", "-idirafter", "/usr/include/x86_64-linux-gnu"],
        check=True)
    return binary


def accept_at_once(host):
    """Spins, on a core of its own: accept() succeeds within microseconds of connect()."""
    host.listener.setblocking(False)
    while True:
        try:
            connection, _ = host.listener.accept()
        except BlockingIOError:
            continue
        began = time.perf_counter_ns()
        connection.setblocking(True)
        return fake_host.Link(connection, began)


def one_run(host, command):
    """Nanoseconds from connect() to the receipt of the first block."""
    block = os.urandom(BLOCK)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    link = accept_at_once(host)
    link.greet()
    _, outcome, errno = link.feed(block)
    took = time.perf_counter_ns() - link.accepted_at
    if outcome not in (fake_host.SEEDED, fake_host.RESEEDED):
        sys.exit(f"guest-latency: outcome {outcome}, errno {errno}; run it as root")
    link.close()
    process.kill()
    process.wait()
    return took


def latency(host, commands, runs):
    figures = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            figures[name].append(one_run(host, command))
    for name, times in figures.items():
        times.sort()
        print(f"{name:14} median {statistics.median(times) / 1000:8.1f} us   "
              f"p99 {times[len(times) * 99 // 100] / 1000:8.1f} us")
    ours, bare = (statistics.median(figures[name]) for name in ("entmesh-guest", "bare C"))
    bar("N6 connect() to first injection against bare C", ours / bare, 3, " x")


def calls_before_wait(host, command, directory):
    trace = os.path.join(directory, "trace")
    process = subprocess.Popen(
        ["strace", "-o", trace, *command, "--once"], stderr=subprocess.DEVNULL)
    link = host.accept()
    link.greet()
    link.feed()
    process.wait()
    with open(trace) as lines:
        calls = [line.split("(")[0] for line in lines]
    first = next(index for index, call in enumerate(calls) if call in ("ppoll", "poll"))
    print(f"system calls   {first} before the first wait")


def status_number(pid, name):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(rf"^{name}:\s*(\d+)", status.read(), re.M).group(1))


def idle(host, command, seconds):
    """Memory of a fed agent, and how often it wakes while its level is kept above SATISFIED."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    link = host.accept()
    link.greet()
    link.feed()
    time.sleep(0.5)
    bar("N6 resident memory", status_number(process.pid, "VmRSS"), 128, " KiB")
    switches = "voluntary_ctxt_switches"
    before, began = status_number(process.pid, switches), time.monotonic()
    blocks = 0
    while (left := began + seconds - time.monotonic()) > 0:
        try:
            kind, payload = link.next(left)
        except TimeoutError:
            break
        if kind == fake_host.LEVEL and payload[0] <= SATISFIED:
            link.feed()
            blocks += 1
    minutes = (time.monotonic() - began) / 60
    wakes = status_number(process.pid, switches) - before
    print(f"wakes          {wakes} in {minutes:.1f} minutes, {blocks} blocks")
    bar("N6 wakes a minute", wakes / minutes, 3)
    process.kill()
    process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--idle", type=float, default=0)
    arguments = parser.parse_args()
    # A tmpfs, as in a guest: to write its status on a disk may make the agent sleep once more.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        path = os.path.join(directory, "host.sock")
        host = fake_host.Host(path)
        guest = [AGENT, "--unix", path, "--state-dir", os.path.join(directory, "state")]
        bar("N6 size", os.path.getsize(AGENT), 48 * 1024, " bytes")
        latency(host, {"bare C": [build_bare(directory), "guest", "--unix", path],
                       "entmesh-guest": guest}, arguments.runs)
        calls_before_wait(host, guest, directory)
        if arguments.idle:
            idle(host, guest, arguments.idle)
    finish()


if __name__ == "__main__":
    main()
