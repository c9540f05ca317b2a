"""What a sentence claims, reduced to what can be compared: its content words, quantities, names and polarity.

No model is asked. The reduction is language-tolerant rather than linguistic: it has to be cheap (it runs for each
sentence of each answer) and to fail towards *not* verifying.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from chatter.chat.lexicon import CURRENCIES, NEGATORS, NUMBER_WORDS, OPPOSITES, STOP_WORDS, UNITS

__all__ = ["Claim", "Quantity", "akin", "read_claim", "stem"]

_APOSTROPHE = "\u2019"
_TOKEN = re.compile(rf"\d+(?:[.,:/]\d+)*|[^\W\d_]+(?:['{_APOSTROPHE}][^\W\d_]+)?")
_LONG_SUFFIXES = (
    *("isations", "izations", "isation", "ization", "ations", "ation"),
    *("ments", "ment", "ingly", "edly", "ities", "ity"),
)
_SHORT_SUFFIXES = ("ings", "ing", "ies", "ied", "ers", "ed", "er", "es", "en", "ly", "s", "e", "n", "y")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in canonical form with the unit that stands beside it, when it has one that we know."""

    value: str
    unit: str | None

    def agrees_with(self, other: "Quantity") -> bool:
        return self.value == other.value and (self.unit is None or other.unit is None or self.unit == other.unit)


@dataclass(frozen=True, slots=True)
class Claim:
    """The comparable content of one sentence."""

    stems: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    names: frozenset[str]
    negated: bool

    @property
    def opposites(self) -> frozenset[str]:
        return frozenset(OPPOSITES[word] for word in self.stems if word in OPPOSITES)


def read_claim(text: str) -> Claim:
    """Reduce `text` (one sentence or clause) to its claim."""
    tokens = list(_TOKEN.finditer(text))
    words = [token.group() for token in tokens]
    content = [word for word in words if _number(word) is None and not _is_stop(word)]
    return Claim(
        stems=tuple(dict.fromkeys(stem(word) for word in content)),
        quantities=tuple(
            _quantity(text, token, following=_unit_word(words, index))
            for index, token in enumerate(tokens)
            if _number(token.group()) is not None
        ),
        names=_names(words),
        negated=sum(_negates(word) for word in words) % 2 == 1,
    )


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Cut the commonest English and German inflections, so that `cancelled`, `cancels` and `cancelling` meet."""
    word = word.lower().replace(_APOSTROPHE, "'").removesuffix("'s")
    for suffix in _LONG_SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    for suffix in _SHORT_SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "sz":
        word = word[:-1]
    return word


def akin(stem_a: str, stem_b: str) -> bool:
    """Say whether two different stems are probably forms of one word: a shared beginning of most of the longer one."""
    shorter, longer = (stem_a, stem_b) if len(stem_a) < len(stem_b) else (stem_b, stem_a)
    return len(shorter) >= 5 and len(shorter) >= 0.6 * len(longer) and longer.startswith(shorter)


def _names(words: list[str]) -> frozenset[str]:
    """Return the proper names; none when capitals are too common to mean anything (German nouns, titles)."""
    inner = [word for word in words[1:] if not word[0].isdigit()]
    capitalised = [word for word in inner if word[0].isupper() and not _is_stop(word)]
    if len(inner) >= 4 and len(capitalised) > 0.34 * len(inner):
        capitalised = [word for word in capitalised if word.isupper() and len(word) > 1]
    return frozenset(stem(word) for word in capitalised)


def _quantity(text: str, token: re.Match[str], *, following: str) -> Quantity:
    value = _number(token.group()) or token.group()
    before, after = text[max(token.start() - 1, 0) : token.start()], text[token.end() : token.end() + 2].strip()[:1]
    unit = CURRENCIES.get(after) or CURRENCIES.get(before) or UNITS.get(following.lower())
    return Quantity(value=value, unit=unit)


def _unit_word(words: list[str], index: int) -> str:
    """Return the unit after a number, looking through "30 (thirty) days" and "30 calendar days"."""
    return next((word for word in words[index + 1 : index + 3] if word.lower() in UNITS), "")


def _number(word: str) -> str | None:
    """Return the canonical form of a number, so that 1,000 and 1000, 2.50 and 2.5, and three and 3 are equal."""
    if not word[0].isdigit():
        return NUMBER_WORDS.get(word.lower())
    if re.fullmatch(r"\d{1,3}(?:[,.]\d{3})+", word):
        return re.sub(r"[,.]", "", word)
    if re.fullmatch(r"\d+[.,]\d+", word):
        whole, _, fraction = word.replace(",", ".").partition(".")
        fraction = fraction.rstrip("0")
        return f"{int(whole)}.{fraction}" if fraction else str(int(whole))
    return str(int(word)) if word.isdigit() else word


def _is_stop(word: str) -> bool:
    lowered = word.lower()
    return lowered in STOP_WORDS or (len(word) == 1 and not word.isdigit()) or _negates(word)


def _negates(word: str) -> bool:
    lowered = word.lower().replace(_APOSTROPHE, "'")
    return lowered in NEGATORS or lowered.endswith("n't")
