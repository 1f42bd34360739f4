"""The layout of a process's file: a header, then one record for each series, only ever added to.

Header (64 bytes): 8 bytes of name, version and size of a slot as two 32-bit numbers, 16 bytes of
hash of the layout, 16 bytes that tell this boot of the machine from others, and how many bytes are
complete as a 64-bit number, which is written last. Record: four 32-bit numbers (its length, the
length of its text, how many slots, whether it holds), slots of 64 bits, the text (a JSON array as
`Told.as_json` has it, the numbers left at zero). A text of no length fills the end of a chunk.

A number is read and written whole: eight bytes at a multiple of eight. Sums are doubles, in the
last slot; counts are integers, in those before it, a histogram's two rows behind each other.
"""

from __future__ import annotations

import hashlib
import struct
from functools import cache
from pathlib import Path
from typing import Final

NAME: Final = b"ninefold"
VERSION: Final = 1
HEADER: Final = struct.Struct("8s I I 16s 16s Q")
USED_AT: Final = HEADER.size - 8
RECORD: Final = struct.Struct("I I I I")
ALIGNED: Final = 16
START: Final = 64

SCHEMA: Final = hashlib.sha256(f"{VERSION}:{HEADER.format}:{RECORD.format}".encode()).digest()[:16]


@cache
def boot_id() -> bytes:
    """What tells this boot of the machine from others; zeros where the machine does not tell."""
    try:
        text = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        return bytes.fromhex(text.strip().replace("-", ""))
    except (OSError, ValueError):
        return bytes(16)


def stamp() -> str:
    """What tells files of this layout and boot from others, where they are text."""
    return (SCHEMA + boot_id()).hex()


def header(used: int) -> bytes:
    """The header of a file of ours, `used` bytes of which are complete."""
    return HEADER.pack(NAME, VERSION, 8, SCHEMA, boot_id(), used)


def used(found: bytes) -> int | None:
    """How many bytes are complete; None for a file of another layout or another boot."""
    if len(found) < HEADER.size:
        return None
    name, version, slot, schema, boot, complete = HEADER.unpack(found[: HEADER.size])
    if (name, version, slot, schema, boot) != (NAME, VERSION, 8, SCHEMA, boot_id()):
        return None
    return int(complete)


def aligned(length: int, to: int = ALIGNED) -> int:
    """The next multiple of `to`."""
    return -(-length // to) * to
