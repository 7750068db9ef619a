# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The operator's CA by `entmesh peer`, and the certificates nobody should be let in with."""

from __future__ import annotations

import subprocess
from pathlib import Path

from product import adopt, entmesh


class Authority:
    """A CA in a folder of its own; the daemon's user owns what it issues."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._peer("init-ca")

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    def files(self, name: str) -> tuple[Path, Path]:
        """Where the certificate and the key of a name are."""
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def issue(self, name: str, *, renew: bool = False) -> None:
        self._peer("issue", name, *(["--renew"] if renew else []))

    def issue_expired(self, name: str) -> None:
        """One that ran out yesterday, by openssl: entmesh makes no such thing."""
        certificate, key = self.files(name)
        request = self.folder / f"{name}.csr"
        _openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
            "-out", request,
        )
        _openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.folder / "ca.key",
            "-copy_extensions", "copy", "-days", "-1", "-out", certificate,
        )
        adopt(self.folder)

    def _peer(self, *arguments: str) -> None:
        done = entmesh("peer", *arguments, "--directory", str(self.folder))
        if done.returncode != 0:
            raise RuntimeError(f"entmesh peer {' '.join(arguments)}: {done.stderr.strip()}")
        adopt(self.folder)


def serial(certificate: Path) -> str:
    return _openssl("x509", "-in", certificate, "-noout", "-serial").strip()


def _openssl(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60
    )
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.strip()}")
    return done.stdout
