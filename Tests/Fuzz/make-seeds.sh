#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
#
# Makes the seeds of the connection's fuzz corpus from the wire vectors: one byte for the role and
# how the stream is cut (see ConnectionFuzz), then the stream. The peer's are the streams without the
# hello (see PeerFuzz): blocks, a level between them, one of them again, zeros.
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

peers=$here/Corpus/peer
mkdir -p "$peers"
# block SEQUENCE BITS BYTES: a transfer frame (docs/protocol.md, "Messages"); numbers in hex, 8 digits
block() {
    printf '454d0103%04x0000%s%s%s' $((8 + ${#3} / 2)) "$1" "$2" "$3"
}
bytes() {
    seq "$1" $(($1 + 31)) | xargs printf '%02x' | cut -c1-64
}
one=$(bytes 16)
other=$(bytes 100)
zeros=$(printf '%064d' 0)
{ printf 00; block 00000001 00000100 "$one"; block 00000002 00000100 "$other"; } |
    xxd -r -p >"$peers/two-blocks"
{ printf 02; block 00000001 00000100 "$one"; printf '454d01020001000028'; } |
    xxd -r -p >"$peers/a-level-after"
{ printf 01; block 00000001 00000100 "$one"; block 00000002 00000100 "$one"; } |
    xxd -r -p >"$peers/repeated"
{ printf 00; block 00000001 00000100 "$zeros"; } | xxd -r -p >"$peers/zeros"
{ printf 00; block 00000001 00000000 "$one$other"; block 00000003 00000100 "$one"; } |
    xxd -r -p >"$peers/out-of-sequence"
