# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The command loop of a guest, over its second serial port. See guest-init."""

from __future__ import annotations

import re
import secrets
import socket
import time
from pathlib import Path

LINE_BYTES = 3000
"""A command's length: the guest's serial input buffer holds 4095 bytes."""

GRACE_SECONDS = 30
"""On top of a command's own time, for an emulated guest to start and answer it."""

FILLER_BYTES = 16
"""A UART's FIFO."""


class GuestSilent(Exception):
    """The guest did not answer in time."""


class Shell:
    """Every command opens the socket anew, so that nothing is stale after a restore."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, command: str, timeout: float, grace: float = GRACE_SECONDS) -> tuple[int, str]:
        """Runs a line of shell in the guest; 137 is its status if it was killed for its time."""
        nonce = secrets.token_hex(6)
        # A guest that was just restored has been seen to lose the first bytes of what its serial
        # port got; the shell strips blanks, so blanks are what it may lose.
        line = f"\n{' ' * FILLER_BYTES}{nonce} {max(1, round(timeout))} {command}\n".encode()
        if "\n" in command or len(line) > LINE_BYTES:
            raise ValueError(f"a guest command is one line of at most {LINE_BYTES} bytes: {command}")
        deadline = time.monotonic() + timeout + grace
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(grace)
            connection.connect(str(self.path))
            connection.sendall(line)
            text = self._read(connection, nonce, deadline, command)
        answer = re.search(f"\x1ebegin {nonce}\n(.*)\x1eend {nonce} ([0-9]+)\n", text, re.DOTALL)
        assert answer is not None  # _read returned because of the end marker
        return int(answer[2]), answer[1].rstrip("\n")

    def answers(self, seconds: float) -> bool:
        """Whether the guest runs a command within this time."""
        try:
            return self.run("true", 1, grace=seconds)[0] == 0
        except (GuestSilent, OSError):
            return False

    def tell(self, command: str) -> None:
        """Sends a command that will not answer, as one that ends the guest."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(GRACE_SECONDS)
            connection.connect(str(self.path))
            connection.sendall(f"\n- {GRACE_SECONDS} {command}\n".encode())
            # Bytes that QEMU has not read yet would be lost with the connection.
            connection.settimeout(1)
            try:
                while connection.recv(4096):
                    pass
            except OSError:
                pass

    def _read(self, connection: socket.socket, nonce: str, deadline: float, command: str) -> str:
        data = b""
        end = re.compile(f"\x1eend {nonce} [0-9]+\n".encode())
        while not end.search(data):
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                more = connection.recv(65536)
            except TimeoutError:
                more = b""
            if not more:
                raise GuestSilent(f"no answer to {command!r}; it printed {data!r}")
            data += more
        return data.decode(errors="replace")
