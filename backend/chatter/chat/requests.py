"""Requests that are sent again: the key that they come with, and what the very same request is known by."""

import hashlib
from typing import Annotated

import msgspec
from litestar.params import HeaderParameter

from chatter.chat.errors import IdempotencyClash

__all__ = ["IdempotencyKey", "clash", "digest_of", "require_same"]

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=8,
        max_length=200,
        description=(
            "Any text that is new for each request: sent again with the same body, by whatever process it is taken, it "
            "returns the same and does nothing; with another body it is refused with 422."
        ),
    ),
]
_encode = msgspec.json.Encoder().encode


def digest_of(data: msgspec.Struct) -> str:
    """SHA-256 in hex of a body as it was understood: what was left out and what is its default are the same."""
    return hashlib.sha256(_encode(data)).hexdigest()


def require_same(before: str | None, now: str) -> None:
    """Raise IdempotencyClash for another request under the same key; one that was changed since counts as the same."""
    if before not in {None, now}:
        raise clash()


def clash() -> IdempotencyClash:
    return IdempotencyClash(
        "This Idempotency-Key came before with another request in this conversation.",
        remedy="Use a new key for each request; send a key again only with the very same one.",
    )
