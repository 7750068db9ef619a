# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The operator's CA by `entmesh peer`, and the certificates nobody should be let in with."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from product import adopt, entmesh

DAY_SECONDS = 86400

_CA_CONFIG = """
[ca]
default_ca = mesh
[mesh]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = names
copy_extensions = copy
unique_subject = no
[names]
commonName = supplied
"""


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

    def issue_until(self, name: str, end: float) -> None:
        """One that ends at that time, in seconds since 1970, past or not, by openssl."""
        certificate, key = self.files(name)
        (self.folder / "openssl.cnf").write_text(_CA_CONFIG.format(folder=self.folder))
        (self.folder / "index.txt").touch()
        request = self.folder / f"{name}.csr"
        _openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
            "-addext", "extendedKeyUsage=serverAuth,clientAuth", "-out", request,
        )  # fmt: skip
        start, end = (
            time.strftime("%Y%m%d%H%M%SZ", time.gmtime(each)) for each in (end - DAY_SECONDS, end)
        )
        _openssl(
            "ca", "-batch", "-config", self.folder / "openssl.cnf", "-cert", self.certificate,
            "-keyfile", self.folder / "ca.key", "-notext", "-in", request, "-startdate", start,
            "-enddate", end, "-out", certificate,
        )  # fmt: skip
        adopt(self.folder)

    def _peer(self, *arguments: str) -> None:
        done = entmesh("peer", *arguments, "--directory", str(self.folder))
        if done.returncode != 0:
            raise RuntimeError(f"entmesh peer {' '.join(arguments)}: {done.stderr.strip()}")
        adopt(self.folder)


def both(old: Authority, new: Authority) -> Path:
    """A file with the certificates of two CAs, as hosts have it while one takes over."""
    bundle = new.folder / "both.pem"
    bundle.write_text(old.certificate.read_text() + new.certificate.read_text())
    return bundle


def serial(certificate: Path) -> str:
    return _openssl("x509", "-in", certificate, "-noout", "-serial").strip()


def _openssl(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60
    )
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.strip()}")
    return done.stdout
