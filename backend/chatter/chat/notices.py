"""What we say ourselves when no model is asked."""

import re
import textwrap
from collections.abc import Sequence

from chatter.chat.schemas import PassageFound

__all__ = ["no_documents", "no_evidence", "nothing_chosen"]

_CLOSEST = 3
_SNIPPET = 180
_MARKUP = re.compile(r"[\\`*_\[\]<>#|~!]")


def no_documents() -> str:
    """The organisation has nothing to search."""
    return (
        "There are no documents to answer from yet. [Add documents](/documents), wait until they are ready, "
        "and ask again."
    )


def nothing_chosen() -> str:
    """The chosen collections have nothing to search."""
    return (
        "The collections that this conversation asks hold no document that is ready and that you may see. "
        "Choose other collections below, or all documents, and ask again."
    )


def no_evidence(passages: Sequence[PassageFound]) -> str:
    """The search found nothing that is sure to carry an answer: say so, and show what came closest."""
    lines = [
        "I found nothing in your documents that surely answers this.",
        "Try other words, or [add a document](/documents) that covers it.",
    ]
    if passages:
        lines.append("The closest passages:")
    listed = [f"- {_place(passage)}: “{_snippet(passage)}”" for passage in passages[:_CLOSEST]]
    return "\n\n".join(lines) + ("\n\n" + "\n".join(listed) if listed else "")


def _place(passage: PassageFound) -> str:
    name = _unmarked(passage.document_name)
    return f"**{name}**, page {passage.page}" if passage.page else f"**{name}**"


def _snippet(passage: PassageFound) -> str:
    return _unmarked(textwrap.shorten(passage.text, _SNIPPET, placeholder=" …"))


def _unmarked(text: str) -> str:
    """A document's words, as words only: what would be markup in an answer is escaped."""
    return _MARKUP.sub(r"\\\g<0>", text)
