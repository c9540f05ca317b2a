"""What a sentence claims, reduced to what can be compared: its content words, quantities, names and polarity.

No model is asked. The reduction is language-tolerant rather than linguistic: it has to be cheap (it runs for each
sentence of each answer) and to fail towards *not* verifying.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from chatter.chat.lexicon import CURRENCIES, NEGATORS, NUMBER_WORDS, OPPOSITES, STOP_WORDS, UNITS

__all__ = ["Claim", "Quantity", "akin", "read_claim", "read_pieces", "stem"]

_APOSTROPHE = "\u2019"
_TOKEN = re.compile(rf"\d+(?:[.,:/]\d+)*|[^\W\d_]+(?:['{_APOSTROPHE}][^\W\d_]+)?")
_PIECE = re.compile(r"[,;:]\s+|\s\|\s|\s+(?:and|but|while|whereas|und|aber|sowie)\s+")
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
    text: str = field(default="", compare=False)

    @property
    def opposites(self) -> frozenset[str]:
        return frozenset(OPPOSITES[word] for word in self.stems if word in OPPOSITES)


def read_claim(text: str) -> Claim:
    """Reduce `text` (one sentence or clause) to its claim."""
    tokens = list(_TOKEN.finditer(text))
    words = [_word(token.group()) for token in tokens]
    return Claim(
        stems=tuple(dict.fromkeys(word.stem for word in words if word.stem)),
        quantities=tuple(
            _quantity(text, token, value=word.number, unit=_unit(words, index))
            for index, (token, word) in enumerate(zip(tokens, words, strict=True))
            if word.number is not None
        ),
        names=_names(words),
        negated=sum(word.negates for word in words) % 2 == 1,
        text=text,
    )


@lru_cache(maxsize=2_000)
def read_pieces(text: str) -> tuple[Claim, ...]:
    """Reduce each part of a sentence between commas, semicolons and conjunctions to its claim."""
    return tuple(read_claim(piece) for piece in _PIECE.split(text) if piece.strip())


@dataclass(frozen=True, slots=True)
class _Word:
    """What a word is by itself; looked up, not worked out again, for words that were met before."""

    stem: str
    """Empty for numbers and words without content."""
    number: str | None
    unit: str | None
    negates: bool
    capital: bool
    acronym: bool
    is_digits: bool


@lru_cache(maxsize=50_000)
def _word(text: str) -> _Word:
    lowered = text.lower()
    number, negates = _number(text), _negates(lowered)
    empty = number is not None or negates or lowered in STOP_WORDS or len(text) == 1
    return _Word(
        stem="" if empty else stem(text),
        number=number,
        unit=UNITS.get(lowered),
        negates=negates,
        capital=text[0].isupper(),
        acronym=text.isupper() and len(text) > 1,
        is_digits=text[0].isdigit(),
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


def _names(words: list[_Word]) -> frozenset[str]:
    """Return the proper names; none when capitals are too common to mean anything (German nouns, titles)."""
    inner = [word for word in words[1:] if not word.is_digits]
    capitalised = [word for word in inner if word.capital and word.stem]
    if len(inner) >= 4 and len(capitalised) > 0.34 * len(inner):
        capitalised = [word for word in capitalised if word.acronym]
    return frozenset(word.stem for word in capitalised)


def _quantity(text: str, token: re.Match[str], *, value: str, unit: str | None) -> Quantity:
    before, after = text[max(token.start() - 1, 0) : token.start()], text[token.end() : token.end() + 2].strip()[:1]
    return Quantity(value=value, unit=CURRENCIES.get(after) or CURRENCIES.get(before) or unit)


def _unit(words: list[_Word], index: int) -> str | None:
    """Return the unit after a number, looking through "30 (thirty) days" and "30 calendar days"."""
    return next((word.unit for word in words[index + 1 : index + 3] if word.unit), None)


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


def _negates(lowered: str) -> bool:
    lowered = lowered.replace(_APOSTROPHE, "'")
    return lowered in NEGATORS or lowered.endswith("n't")
