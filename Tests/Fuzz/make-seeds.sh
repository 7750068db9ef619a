#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
#
# Makes the seeds of the connection's fuzz corpus from the wire vectors: one byte for the role and
# how the stream is cut (see ConnectionFuzz), then the stream.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$here/Corpus/connection
mkdir -p "$out"
for file in "$here"/../Vectors/*.txt; do
    case $(sed -n 's/^role: //p' "$file") in
    guest) head=00 ;;  # everything else in one-byte reads
    host) head=09 ;;   # in reads of three bytes
    *) head=1a ;;      # in reads of seven bytes
    esac
    { printf '%s' "$head"; sed '1,/^$/d' "$file"; } | xxd -r -p >"$out/$(basename "$file" .txt)"
done
