# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Two guests from one saved memory, running at the same time.

libvirt refuses to restore an image under another name or UUID (`restore --xml`
checks them), but it believes the definition inside the image. So a clone's image
is the same memory behind a rewritten definition. The layout is libvirt's
virQEMUSaveHeader (src/qemu/qemu_saveimage.h), unchanged since 2011 but for the cookie.
"""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

from entmesh_rig.guest import Guest

MAGIC = b"LibvirtQemudSave"
# magic, version, length of XML and cookie, was running, compressed, cookie's offset, unused
HEADER = struct.Struct("<16s5I56x")


def clone_image(image: Path, original: Guest, clone: Guest) -> Path:
    """Copies a saved image of `original` so that restoring it makes `clone`.

    Both must be made with the same arguments but for the name; the clone is defined here.
    With auto='yes' libvirt gives it a CID of its own.
    """
    clone.define()
    copy = clone.folder / "cloned"
    with image.open("rb") as source, copy.open("wb") as target:
        magic, version, length, was_running, compressed, cookie_offset = HEADER.unpack(
            source.read(HEADER.size)
        )
        if magic != MAGIC:
            raise ValueError(f"{image} is no finished image of libvirt's (it begins {magic!r})")
        data = source.read(length)
        xml = data[: cookie_offset or length].rstrip(b"\0")
        cookie = data[cookie_offset:] if cookie_offset else b""
        xml = _renamed(xml.decode(), original, clone).encode() + b"\0"
        new_offset = len(xml) if cookie else 0
        target.write(
            HEADER.pack(
                magic, version, len(xml) + len(cookie), was_running, compressed, new_offset
            )
        )
        target.write(xml + cookie)
        shutil.copyfileobj(source, target, 1 << 20)
    return copy


def _renamed(xml: str, original: Guest, clone: Guest) -> str:
    for old, new in (
        (f"<name>{original.name}</name>", f"<name>{clone.name}</name>"),
        (str(original.console), str(clone.console)),
        # The UUID is in the definition and in the paths of the guest's folder.
        (original.uuid, clone.uuid),
    ):
        if old not in xml:
            raise ValueError(f"no {old!r} in the saved definition of {original.name}")
        xml = xml.replace(old, new)
    return xml
