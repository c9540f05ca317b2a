"""What kind of thing a question asks for, and whether a text holds one: a count, a sum of money, a date, a name.

Words of English questions; a question that shows none of them asks for anything.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

__all__ = ["Kind", "kind_asked_for"]

Kind: TypeAlias = Callable[[str], bool]
"""Says of a text whether it holds one."""

_NUMBER_WORD = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety|"
    "hundred|thousand|million|half|twice|once"
)
_COUNT = rf"(?:\d[\d.,]*|{_NUMBER_WORD}|both|no)"
_QUANTITY = re.compile(
    rf"\b(?:\d[\d.,]*|{_NUMBER_WORD}|every|each|daily|weekly|monthly|quarterly|yearly|always|never|whenever)\b"
)
_TIME = re.compile(
    rf"\b(?:\d[\d.,:]*|{_NUMBER_WORD}|january|february|march|april|may|june|july|august|september|october|november|"
    "december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|before|after|when|whenever|during|within|until|"
    r"as soon as|every|only)\b"
)
_MONEY = re.compile("(?:euros?|eur|\u20ac|\\$|dollars?|usd|\u00a3|pounds?|chf|percent|%|free of charge)")
_NAME = re.compile(r"[A-Z\u00c0-\u00de]\w+ [A-Z\u00c0-\u00de]\w+")

_ASKS_COUNT = re.compile(r"how many ([\w-]+)(?: ([\w-]+))?")
_ASKS_MONEY = re.compile(r"how much|\bcosts?\b|\bprice\b|\bsalary\b|\bfees?\b")
_ASKS_TIME = re.compile(r"^(?:since |until |from )?when\b|what time|which (?:day|date|month|year)")
_ASKS_QUANTITY = re.compile(
    r"\bhow (?:long|often|fast|large|big|high|low|old|far|deep|heavy|accurate|soon|late)\b|"
    r"\b(?:weight|depth|length|height|maximum|minimum|uptime|phone number|rate)\b"
)
_ASKS_NAME = re.compile(r"^who (?:is|was|are|were)\b")


def kind_asked_for(question: str) -> Kind | None:
    """Return what says whether a text holds one of the kind that is asked for; None if anything would do."""
    asked = question.lower()
    if counted := _ASKS_COUNT.search(asked):
        return partial(_counts, counted.groups())
    for asks, answer in ((_ASKS_MONEY, _MONEY), (_ASKS_TIME, _TIME), (_ASKS_QUANTITY, _QUANTITY)):
        if asks.search(asked):
            return partial(_holds, answer)
    return _names if _ASKS_NAME.search(asked) else None


def _counts(nouns: Sequence[str | None], text: str) -> bool:
    return any(_counted(noun, text.lower()) for noun in nouns if noun)


def _counted(noun: str, text: str) -> bool:
    """A number, at most two words, and the noun: "28 days", "ten working days", "600 requests"."""
    singular = re.escape(noun.rstrip("s"))
    return len(noun) > 2 and re.search(rf"{_COUNT}(?:[ \-]+[\w\-]+){{0,2}}?[ \-]+{singular}", text) is not None


def _holds(answer: re.Pattern[str], text: str) -> bool:
    return answer.search(text.lower()) is not None


def _names(text: str) -> bool:
    return _NAME.search(text) is not None
