"""What one call took, as whoever makes it counts."""

from typing import Literal

import msgspec

__all__ = ["EmbeddingCall", "TokenUsage", "estimated_tokens"]

_BYTES_A_TOKEN = 4


class TokenUsage(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider says that a call took."""

    input_tokens: int
    """All that was read, cached or not."""
    output_tokens: int
    """All that was written, thought or said."""
    cached_tokens: int = 0
    """Of the input: what the provider had read before."""
    reasoning_tokens: int = 0
    """Of the output: what was thought and not said."""


class EmbeddingCall(msgspec.Struct, frozen=True, kw_only=True):
    """One request to an embedding model, however it ended."""

    texts: int
    input_tokens: int | None
    """None when the provider does not count, or did not get that far."""
    milliseconds: int
    outcome: Literal["complete", "cut", "stopped", "refused"] = "complete"
    error_code: str | None = None
    """What went wrong, as problems name it."""


def estimated_tokens(written: str) -> int:
    """About how many tokens a text has: the rule of thumb of those who bill by them, for texts of any script."""
    return -(-len(written.encode()) // _BYTES_A_TOKEN)
