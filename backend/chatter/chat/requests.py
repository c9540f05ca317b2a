"""What a request is known by, so that a key which is sent again stands for the very same one."""

import hashlib

import msgspec

__all__ = ["digest_of"]

_encode = msgspec.json.Encoder().encode


def digest_of(data: msgspec.Struct) -> str:
    """SHA-256 in hex of a body as it was understood: what was left out and what is its default are the same."""
    return hashlib.sha256(_encode(data)).hexdigest()
