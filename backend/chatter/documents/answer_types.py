"""What kind of thing a question asks for, and whether a text holds one: a count, a sum of money, a date, a name.

Words of English questions; a question that shows none of them asks for anything.
"""

import re
from collections.abc import Sequence

__all__ = ["lacks_answer"]

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


def lacks_answer(question: str, texts: Sequence[str]) -> bool:
    """Whether the question asks for a kind of thing of which the texts hold none."""
    asked, text = question.lower(), "\n".join(texts)
    held = text.lower()
    if counted := _ASKS_COUNT.search(asked):
        return not any(_counts(noun, held) for noun in counted.groups() if noun)
    for asks, answer in ((_ASKS_MONEY, _MONEY), (_ASKS_TIME, _TIME), (_ASKS_QUANTITY, _QUANTITY)):
        if asks.search(asked):
            return answer.search(held) is None
    return _ASKS_NAME.search(asked) is not None and _NAME.search(text) is None


def _counts(noun: str, text: str) -> bool:
    """A number, at most two words, and the noun: "28 days", "ten working days", "600 requests"."""
    singular = re.escape(noun.rstrip("s"))
    return len(noun) > 2 and re.search(rf"{_COUNT}(?:[ \-]+[\w\-]+){{0,2}}?[ \-]+{singular}", text) is not None
