"""What we say ourselves when no model is asked."""

from collections.abc import Sequence

from chatter.chat.schemas import PassageFound

__all__ = ["no_documents", "no_evidence"]

_CLOSEST = 3


def no_documents() -> str:
    """The organisation has nothing to search."""
    return (
        "There are no documents to answer from yet. [Add documents](/documents), wait until they are ready, "
        "and ask again."
    )


def no_evidence(passages: Sequence[PassageFound]) -> str:
    """The search found nothing that could carry an answer."""
    lines = [
        "I found nothing in your documents that answers this.",
        "Try other words, or [add a document](/documents) that covers it.",
    ]
    if passages:
        lines.append("The closest passages I found:")
    listed = [f"- {_place(passage)}" for passage in passages[:_CLOSEST]]
    return "\n\n".join(lines) + ("\n\n" + "\n".join(listed) if listed else "")


def _place(passage: PassageFound) -> str:
    name = passage.document_name.replace("[", "(").replace("]", ")").replace("*", "").replace("_", "\\_")
    return f"{name}, page {passage.page}" if passage.page else name
