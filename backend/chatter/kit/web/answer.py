"""Headers that the answer to the request in hand will have, whatever answers it in the end."""

from contextvars import ContextVar

__all__ = ["answer_headers"]

answer_headers: ContextVar[list[tuple[bytes, bytes]] | None] = ContextVar("answer_headers", default=None)
"""A list that the outermost layer made for this request; None outside of one."""
