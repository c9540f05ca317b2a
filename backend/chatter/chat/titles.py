"""A conversation's first title, from its first question; no model is asked."""

import re

__all__ = ["title_of"]

_LENGTH = 60


def title_of(question: str) -> str:
    """Return the question's first line or sentence, cut at a word."""
    first = re.split(r"\n|(?<=[.!?])\s", question.strip(), maxsplit=1)[0]
    words = " ".join(first.split())
    if len(words) <= _LENGTH:
        return words.rstrip("?.!") or question.strip()[:_LENGTH]
    return words[:_LENGTH].rpartition(" ")[0].rstrip(",;:") + "\u2026" if " " in words[:_LENGTH] else words[:_LENGTH]
