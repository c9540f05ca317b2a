"""How two texts differ, word by word."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from chatter.chat.comparison_schemas import Difference

__all__ = ["differences"]

_WORD = re.compile(r"\S+\s*")


def differences(one: str, other: str) -> list[Difference]:
    """The pieces in order. Words are the same whatever space follows them; the space shown is the second text's."""
    before, after = _WORD.findall(one.lstrip()), _WORD.findall(other.lstrip())
    matcher = SequenceMatcher(None, [word.rstrip() for word in before], [word.rstrip() for word in after])
    return [
        piece
        for tag, a, b, c, d in matcher.get_opcodes()
        for piece in _pieces(tag, removed="".join(before[a:b]), added="".join(after[c:d]))
    ]


def _pieces(tag: str, *, removed: str, added: str) -> Iterator[Difference]:
    if tag == "equal":
        yield Difference(kind="same", text=added)
        return
    if removed:
        yield Difference(kind="removed", text=removed)
    if added:
        yield Difference(kind="added", text=added)
