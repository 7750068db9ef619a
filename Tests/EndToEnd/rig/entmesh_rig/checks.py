# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Scenarios that read as sentences, and a last line that counts them."""

from __future__ import annotations

import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, TypeVar

POLL_SECONDS = 0.1
"""Between two looks of wait_until; emulated CPUs are too slow for less."""

closing_checks: list[Callable[[], None]] = []
"""Run at the end of every scenario: what must hold whatever it did."""

Value = TypeVar("Value")
_passed = 0
_failed = 0


def check(condition: object, sentence: str, found: object = None) -> bool:
    """Counts and prints one check; `found` is shown when the condition does not hold."""
    global _passed, _failed
    if condition:
        _passed += 1
        print(f"  ok    {sentence}", flush=True)
    else:
        _failed += 1
        print(f"  FAIL  {sentence}" + ("" if found is None else f" (found {found!r})"), flush=True)
    return bool(condition)


@contextmanager
def scenario(name: str) -> Iterator[None]:
    """A named group of checks. An exception in it is a failure, and the next scenario runs."""
    print(name, flush=True)
    start = time.monotonic()
    with _failing(name):
        yield
    for closing in list(closing_checks):
        with _failing(name):
            closing()
    print(f"  {time.monotonic() - start:.1f} s", flush=True)


@contextmanager
def _failing(name: str) -> Iterator[None]:
    """An exception is a failed check: whatever it was, what comes next shall run."""
    try:
        yield
    except Exception as error:
        traceback.print_exc(file=sys.stdout)
        check(False, f"{name}: {type(error).__name__}: {error}")


def poll(predicate: Callable[[], Value], timeout: float) -> tuple[Value | None, object]:
    """Calls predicate until what it returns is true, or the time is up.

    Returns that value (or the last false one) and what is worth showing: the
    value, or the exception that predicate raised last. At least one call.
    """
    deadline = time.monotonic() + timeout
    while True:
        value: Value | None = None
        try:
            value = predicate()
            found: object = value
        except Exception as error:  # not yet; shown if it stays so
            found = error
        if value or time.monotonic() >= deadline:
            return value, found
        time.sleep(POLL_SECONDS)


def wait_until(predicate: Callable[[], Value], sentence: str, timeout: float) -> Value | None:
    """A check that may take up to `timeout` seconds to become true. Returns predicate's value."""
    start = time.monotonic()
    value, found = poll(predicate, timeout)
    check(value, f"{sentence} [{time.monotonic() - start:.1f} s]", found)
    return value


def include(output: str, name: str) -> None:
    """Shows and counts the checks of another program that ended by run(); `output` is all it said."""
    global _passed, _failed
    body, _, last = output.rstrip("\n").rpartition("\n")
    counts = re.fullmatch(r"(\d+) passed, (\d+) failed", last)
    print(body if counts else output, flush=True)
    if counts:
        _passed += int(counts[1])
        _failed += int(counts[2])
    else:
        check(False, f"{name}: the program ended early")


def run(scenarios: Callable[[], None]) -> NoReturn:
    """Runs the program, prints `N passed, N failed` as the last line, and exits."""
    try:
        scenarios()
    except BaseException as error:  # SystemExit too: the last line is a promise
        traceback.print_exc(file=sys.stdout)
        check(False, f"the program ended early: {type(error).__name__}: {error}")
    print(f"{_passed} passed, {_failed} failed", flush=True)
    sys.exit(1 if _failed or not _passed else 0)
