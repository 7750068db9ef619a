# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Runs the tests of a file, and says at the end which were left out and why.

Where CI=true nothing may be left out: there a test that is skipped is a failure.
"""

import collections
import os
import sys
import unittest

needs_root = unittest.skipUnless(
    os.geteuid() == 0, "needs root, for the memory of other processes and RNDADDENTROPY"
)


def main(arguments):
    """unittest.main, ending the program; `arguments` as on its command line."""
    result = unittest.main(argv=[sys.argv[0], *arguments], exit=False).result
    reasons = collections.Counter(reason for _, reason in result.skipped)
    left_out = sum(reasons.values())
    is_ci = os.environ.get("CI") == "true"
    if left_out:
        print(f"{'FAIL  ' if is_ci else ''}{left_out} of {result.testsRun} tests were left out:")
        for reason, count in reasons.most_common():
            print(f"  {count}: {reason}")
        if is_ci:
            print("CI=true: nothing may be left out")
    sys.exit(0 if result.wasSuccessful() and not (left_out and is_ci) else 1)
