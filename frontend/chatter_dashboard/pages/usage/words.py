"""How money, tokens and times read."""

from decimal import Decimal

__all__ = ["OUTCOMES", "PURPOSES", "money", "seconds", "tokens"]

PURPOSES = {
    "answer": "Answer",
    "query": "Search of a question",
    "passages": "Reading of a document",
    "test": "Test of a provider",
}
OUTCOMES = {
    "complete": "Complete",
    "cut": "Broke off",
    "stopped": "Stopped",
    "refused": "Refused",
}
_CENT = Decimal("0.01")


def money(amount: str | None) -> str:
    """An amount with as many digits as it takes to see something."""
    if amount is None:
        return "price unknown"
    value = Decimal(amount)
    if value == 0:
        return "free"
    return f"${value:,.2f}" if value >= _CENT else f"${value.normalize():f}"


def seconds(milliseconds: int | None) -> str:
    """A time that people wait."""
    return "" if milliseconds is None else f"{milliseconds / 1000:.2f} s"


def tokens(read: int, written: int) -> str:
    """What went in and what came out."""
    return f"{read:,} in, {written:,} out"
