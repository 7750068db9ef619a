#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Bar N6: from accept() to the receipt of the first block, entmesh-guest against bare C.

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

AGENT = os.path.join(ROOT, "guest-agent", "build", "entmesh-guest")
BLOCK = 32


def build_bare(directory):
    binary = os.path.join(directory, "bare-agent")
    subprocess.run(
        ["musl-gcc", "-Os", "-static", "-o", binary, os.path.join(HERE, "bare-agent.c"),
         "-idirafter", "/usr/include", "-idirafter", "/usr/include/x86_64-linux-gnu"],
        check=True)
    return binary


def one_run(host, command):
    """Nanoseconds from accept() to the receipt of the first block."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    link = host.accept()
    began = time.perf_counter_ns()
    link.greet()
    _, outcome, errno = link.feed(os.urandom(BLOCK))
    took = time.perf_counter_ns() - began
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
    ratio = statistics.median(figures["entmesh-guest"]) / statistics.median(figures["bare C"])
    print(f"ratio          {ratio:.2f} (bar: 3)")


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


def context_switches(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status.read(), re.M).group(1))


def idle(host, command, seconds):
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    link = host.accept()
    link.greet()
    link.feed()
    time.sleep(0.5)
    with open(f"/proc/{process.pid}/status") as status:
        print("memory         " + re.search(r"VmRSS:\s*(.*)", status.read()).group(1))
    before, began = context_switches(process.pid), time.monotonic()
    blocks = 0
    while (left := began + seconds - time.monotonic()) > 0:
        try:
            kind, payload = link.next(left)
        except TimeoutError:
            break
        if kind == fake_host.LEVEL and payload[0] <= 90:
            link.feed()
            blocks += 1
    minutes = (time.monotonic() - began) / 60
    wakes = context_switches(process.pid) - before
    print(f"wakes          {wakes / minutes:.2f} a minute over {minutes:.1f} minutes, "
          f"{blocks} blocks (bar: 3)")
    process.kill()
    process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--idle", type=float, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "host.sock")
        host = fake_host.Host(path)
        guest = [AGENT, "--unix", path, "--state-dir", os.path.join(directory, "state")]
        print(f"size           {os.path.getsize(AGENT)} bytes (bar: 49152)")
        latency(host, {"bare C": [build_bare(directory), "guest", "--unix", path],
                       "entmesh-guest": guest}, arguments.runs)
        calls_before_wait(host, guest, directory)
        if arguments.idle:
            idle(host, guest, arguments.idle)


if __name__ == "__main__":
    main()
