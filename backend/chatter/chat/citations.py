"""Citations attached by the program: each sentence of an answer is aligned with the passages retrieved for it.

The model's own marks are never trusted. A sentence gets a mark only when one place of one passage (a sentence, or two
that follow each other) carries its content: most of its words, weighted by how rare they are among the passages; each
of its quantities with its unit; each of its names; and the same polarity. What cannot be verified gets no mark.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from chatter.chat.claims import Claim, akin, read_claim
from chatter.chat.sentences import Span, clauses, sentences

FULL_SUPPORT = 0.6
"""Share of a sentence's weighted words that its passage must carry when only words are compared."""
LEXICAL_FLOOR = 0.25
"""Below this share no likeness of meaning counts: two sentences may be alike and still say different things."""
LIKENESS = 0.72
"""Cosine of the embeddings from which a sentence above the floor is verified."""
MINIMAL_CLAIM = 3
"""Content words, a quantity counting for two, below which a line claims nothing: a heading, "Yes.", a name."""
NUMBER_CONTEXT = 0.4
"""Share of the words that must stand in the same passage sentence as the number."""

_BEGINNING = 5

Similarity = Callable[[str, str], float]


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that an answer may cite: its number and its text; `title` (the document's name) may back names."""

    n: int
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A verified citation: characters [start, end) of the answer are supported by `quote`, found in passage `n`."""

    n: int
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best place for a sentence, before the verdict. `support` is the weighted share of its words found there."""

    mark: Mark
    support: float


@dataclass(frozen=True, slots=True)
class _Place:
    """A sentence of a passage, or two in a row, that might support a claim."""

    source: Source
    span: Span
    stems: frozenset[str]
    parts: tuple[Claim, ...]
    passage_stems: frozenset[str]


def cite(answer: str, *, sources: Sequence[Source], similarity: Similarity | None = None) -> list[Mark]:
    """Return the verified marks of a finished answer, in reading order."""
    book = Evidence(sources)
    return [
        mark for sentence in sentences(answer) for mark in book.marks(answer, sentence=sentence, similarity=similarity)
    ]


class Evidence:
    """The retrieved passages, read once, against which the sentences of one answer are checked."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._places = [place for source in sources for place in _places(source)]
        self._where: dict[str, list[int]] = {}
        """Stem → the places that have it."""
        frequency: Counter[str] = Counter()
        for index, place in enumerate(self._places):
            if len(place.parts) == 1:
                frequency.update(place.stems)
            for stem in place.stems:
                self._where.setdefault(stem, []).append(index)
        count = max(sum(len(place.parts) == 1 for place in self._places), 1)
        self._weights = {stem: math.log(1 + count / n) for stem, n in frequency.items()}
        self._unknown = math.log(1 + count)
        self._by_beginning: dict[str, list[str]] = {}
        for stem in frequency:
            self._by_beginning.setdefault(stem[:_BEGINNING], []).append(stem)
        self._kin: dict[str, frozenset[str]] = {}

    def marks(self, answer: str, *, sentence: Span, similarity: Similarity | None = None) -> Iterator[Mark]:
        """Verify one sentence as a whole; failing that, each of its clauses by itself."""
        whole = self.align(answer, span=sentence)
        if whole is not None and _verified(answer, alignment=whole, similarity=similarity):
            yield whole.mark
            return
        parts = clauses(answer, sentence=sentence)
        if len(parts) < 2:
            return
        for part in parts:
            alignment = self.align(answer, span=part)
            if alignment is not None and _verified(answer, alignment=alignment, similarity=similarity):
                yield alignment.mark

    def align(self, answer: str, *, span: Span) -> Alignment | None:
        """Return the place that carries most of the claim among those that contradict none of it."""
        claim = read_claim(span.of(answer))
        if not claim.stems or len(claim.stems) + 2 * len(claim.quantities) < MINIMAL_CLAIM:
            return None
        for index, support in self._candidates(claim):
            place = self._places[index]
            if self._consistent(claim, place=place):
                quote = place.span.of(place.source.text)
                return Alignment(Mark(n=place.source.n, start=span.start, end=span.end, quote=quote), support)
        return None

    def _candidates(self, claim: Claim) -> list[tuple[int, float]]:
        """Return the places that carry enough of the claim's words to be looked at, the best first."""
        total = 0.0
        found: dict[int, float] = {}
        for stem in claim.stems:
            weight = self._weights.get(stem, self._unknown)
            total += weight
            holders = {index for form in (stem, *self._akin(stem)) for index in self._where.get(form, ())}
            for index in holders:
                found[index] = found.get(index, 0.0) + weight
        floor = LEXICAL_FLOOR * total
        # Of equal places the shorter one: a sentence comes before the pair that contains it.
        enough = [(index, weight / total) for index, weight in found.items() if weight >= floor]
        return sorted(enough, key=lambda one: (-one[1], len(self._places[one[0]].parts), one[0]))

    def _support(self, claim: Claim, *, stems: frozenset[str]) -> float:
        total = found = 0.0
        for stem in claim.stems:
            weight = self._weights.get(stem, self._unknown)
            total += weight
            if stem in stems or not stems.isdisjoint(self._akin(stem)):
                found += weight
        return found / total if total else 0.0

    def _akin(self, stem: str) -> frozenset[str]:
        """Return the passages' stems that are other forms of this one: akin stems share their beginning."""
        found = self._kin.get(stem)
        if found is None:
            near = self._by_beginning.get(stem[:_BEGINNING], ())
            found = self._kin[stem] = frozenset(other for other in near if akin(stem, other))
        return found

    def _consistent(self, claim: Claim, *, place: _Place) -> bool:
        if not all(self._quantity_stands(claim, index=i, place=place) for i in range(len(claim.quantities))):
            return False
        if any(not _known(name, stems=place.passage_stems) for name in claim.names):
            return False
        if claim.opposites & place.stems and not claim.opposites & frozenset(claim.stems):
            return False
        closest = max(place.parts, key=lambda part: self._support(claim, stems=frozenset(part.stems)))
        return closest.negated == claim.negated

    def _quantity_stands(self, claim: Claim, *, index: int, place: _Place) -> bool:
        """Say whether the quantity stands in a passage sentence that is about the same thing, not merely nearby."""
        wanted = claim.quantities[index]
        needed = NUMBER_CONTEXT if len(place.parts) > 1 else 0.0
        return any(
            any(wanted.agrees_with(quantity) for quantity in part.quantities)
            and self._support(claim, stems=frozenset(part.stems)) >= needed
            for part in place.parts
        )


@lru_cache(maxsize=512)
def _places(source: Source) -> tuple[_Place, ...]:
    """Read a passage; those that answer often are kept, since reading one takes half a millisecond."""
    return tuple(_read(source))


def _read(source: Source) -> Iterator[_Place]:
    spans = tuple(sentences(source.text))
    claims = tuple(read_claim(span.of(source.text)) for span in spans)
    known = frozenset(stem for claim in (*claims, read_claim(source.title)) for stem in (*claim.stems, *claim.names))
    for width in (1, 2):
        for first in range(len(spans) - width + 1):
            parts = tuple(claims[first : first + width])
            span = Span(spans[first].start, spans[first + width - 1].end)
            stems = frozenset(stem for part in parts for stem in part.stems)
            yield _Place(source=source, span=span, stems=stems, parts=parts, passage_stems=known)


def _known(name: str, *, stems: frozenset[str]) -> bool:
    return name in stems or any(akin(name, stem) for stem in stems)


def _verified(answer: str, *, alignment: Alignment, similarity: Similarity | None) -> bool:
    if alignment.support >= FULL_SUPPORT:
        return True
    if similarity is None:
        return False
    return similarity(answer[alignment.mark.start : alignment.mark.end], alignment.mark.quote) >= LIKENESS
