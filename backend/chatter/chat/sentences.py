"""Where sentences and clauses begin and end, as character spans of the original text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BOUNDARY = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019»)\]*_]*(?=\s|$)|\n+")
_LEADING_MARKUP = re.compile(r"(?:\s|[-*•\u2013>#|]+\s+|\d{1,2}[.)]\s+|[*_`]+(?=\S))+")
_CLAUSE = re.compile(r";\s+|,\s+(?:and|but|while|whereas|und|aber|sowie)\s+|\s+(?:but|while|whereas)\s+|\s+and\s+")
_ABBREVIATIONS = frozenset(
    {
        *("e.g", "i.e", "etc", "vs", "cf", "approx", "no", "nos", "art", "sec", "fig", "p", "pp", "vol", "ed"),
        *("dr", "mr", "mrs", "ms", "prof", "st", "inc", "ltd", "co", "jan", "feb", "aug", "sept", "oct", "nov", "dec"),
        *("z.b", "d.h", "bzw", "usw", "ca", "nr", "abs", "vgl", "u.a", "s", "par", "max", "min", "incl"),
    }
)


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters of some text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


def sentences(text: str) -> Iterator[Span]:
    """Yield the sentences and list items of `text` without surrounding space, bullets or emphasis marks."""
    start = 0
    for match in _BOUNDARY.finditer(text):
        if not match.group().startswith("\n") and _is_abbreviation(text, match.start()):
            continue
        yield from _trimmed(text, start, end=match.end())
        start = match.end()
    yield from _trimmed(text, start, end=len(text))


def clauses(text: str, *, sentence: Span) -> list[Span]:
    """Return the clauses that a conjunction or semicolon joins in one sentence; the sentence when there is one."""
    found: list[Span] = []
    start = sentence.start
    for match in _CLAUSE.finditer(text, sentence.start, sentence.end):
        found.extend(_trimmed(text, start, end=match.start()))
        start = match.end()
    found.extend(_trimmed(text, start, end=sentence.end))
    return found


def _trimmed(text: str, start: int, *, end: int) -> Iterator[Span]:
    lead = _LEADING_MARKUP.match(text, start, end)
    if lead is not None:
        start = lead.end()
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        yield Span(start, end)


def _is_abbreviation(text: str, dot: int) -> bool:
    """Say whether the full stop at `dot` ends an abbreviation, an initial or a list number instead of a sentence."""
    if text[dot] != "." or text[dot : dot + 2] == "..":
        return False
    start = dot
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] == "."):
        start -= 1
    word = text[start:dot]
    if len(word) == 1 and word.isalpha():
        return True
    if word.isdigit() and len(word) <= 2 and text[:start].rpartition("\n")[2].strip() == "":
        return True
    return word.lower() in _ABBREVIATIONS
