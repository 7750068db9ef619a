#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
#
# Entropy cannot be spent twice: each file in Cases/ must fail to compile with the diagnostic its
# header expects, and the one that expects success must compile.
#
# Usage: check.sh BUILD   where BUILD is a SwiftPM build folder, such as .build/debug
#
# The cases are compiled, not only type-checked: moves are checked in a pass after type checking.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: check.sh BUILD}
modules=$build/Modules
if [ ! -e "$modules/EntmeshConnection.swiftmodule" ]; then
    echo "check.sh: no EntmeshConnection.swiftmodule in $modules; run 'swift build' first" >&2
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
count=0
for file in "$here"/Cases/*.swift; do
    name=$(basename "$file" .swift)
    expected=$(sed -n 's|^// expect: ||p' "$file")
    count=$((count + 1))
    if swiftc -swift-version 6 -c "$file" -I "$modules" \
        -Xcc "-fmodule-map-file=$build/CZeroize.build/module.modulemap" \
        -o "$work/case.o" >"$work/log" 2>&1; then
        outcome=success
    else
        outcome=failure
    fi
    if [ "$expected" = success ]; then
        [ "$outcome" = success ] && continue
    elif [ "$outcome" = failure ] && grep -qF "error: $expected" "$work/log"; then
        # The expected error and no other: a case that is wrong in two ways shows nothing.
        others=$(grep -E '^[^ ].*error: ' "$work/log" | grep -vcF "error: $expected" || true)
        [ "$others" -eq 0 ] && continue
    fi
    failures=$((failures + 1))
    echo "$name: expected '$expected', got $outcome:" >&2
    grep -E 'error: ' "$work/log" | sort -u >&2 || true
done
[ "$count" -gt 0 ] || { echo "check.sh: no cases in $here/Cases" >&2; exit 1; }
echo "$count cases, $failures failures"
[ "$failures" -eq 0 ]
