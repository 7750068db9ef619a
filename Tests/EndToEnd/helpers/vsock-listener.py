#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""vsock-listener.py PORT: prints "CID PORT" of each caller, greets it with "hello" and ends."""

import socket
import sys
from pathlib import Path

# On a machine that is itself a guest the host's CIDs lead out of it.
if not Path("/run/entmesh-rig/command").exists():
    sys.exit("vsock-listener: only inside the nested hypervisor")
with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as listener:
    listener.bind((socket.VMADDR_CID_ANY, int(sys.argv[1])))
    listener.listen()
    print("listening", flush=True)
    while True:
        connection, (cid, port) = listener.accept()
        print(f"caller {cid} {port}", flush=True)
        with connection:
            connection.sendall(b"hello")
