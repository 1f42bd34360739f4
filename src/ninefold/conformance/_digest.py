"""What stands for a content: a hash of it."""

from __future__ import annotations

try:
    # `hashlib` loads all of OpenSSL, which takes as long as to hash a thousand files.
    from _blake2 import blake2b
except ImportError:  # another interpreter than CPython
    from hashlib import blake2b


def digest(data: bytes, size: int = 16) -> str:
    """`size` bytes that stand for a content, as hexadecimal digits."""
    return blake2b(data, digest_size=size).hexdigest()
