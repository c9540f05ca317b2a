"""Citations attached by the program: each sentence of an answer is aligned with the passages retrieved for it.

The model's own marks are never trusted. A sentence gets a mark only when one place of one passage (a sentence, or two
that follow each other) carries its content: most of its words, weighted by how rare they are among the passages; each
of its quantities with its unit; each of its names; and the same polarity. What cannot be verified gets no mark.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from chatter.chat.claims import Claim, Quantity, akin, read_claim, read_pieces
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


@dataclass(frozen=True, slots=True)
class _Reading:
    """The sentences of one passage, and where its words stand: an answer looks only a few of them up."""

    places: tuple[_Place, ...]
    having: Mapping[str, Sequence[int]]
    """Stem → the sentences that have it."""
    by_beginning: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Word:
    """A stem among the passages."""

    weight: float
    """How rare it is among the sentences."""
    kin: Set[str]
    """The passages' stems that are other forms of it, and itself."""
    where: Set[int]
    """The sentences that have it or its kin."""


class _Words(dict[str, _Word]):
    """The stems that were looked up."""

    def __init__(self, readings: Sequence[_Reading]) -> None:
        self._readings = readings
        self._count = sum(len(reading.places) for reading in readings)

    def __missing__(self, stem: str) -> _Word:
        """Akin stems share their beginning; a stem that no sentence has weighs as much as one that one has."""
        beginning, kin, where, having, first = stem[:_BEGINNING], set[str](), set[int](), 0, 0
        for reading in self._readings:
            having += len(reading.having.get(stem, ()))
            for other in reading.by_beginning.get(beginning, ()):
                if other == stem or other in kin or akin(stem, other):
                    kin.add(other)
                    where.update([first + index for index in reading.having[other]])
            first += len(reading.places)
        word = self[stem] = _Word(math.log(1 + max(self._count, 1) / max(having, 1)), kin, where)
        return word


def cite(answer: str, *, sources: Sequence[Source], similarity: Similarity | None = None) -> list[Mark]:
    """Return the verified marks of a finished answer, in reading order."""
    book = Evidence(sources)
    return [
        mark for sentence in sentences(answer) for mark in book.marks(answer, sentence=sentence, similarity=similarity)
    ]


class Evidence:
    """The retrieved passages, read once, against which the sentences of one answer are checked."""

    def __init__(self, sources: Sequence[Source]) -> None:
        readings = [_read(source) for source in sources]
        self._places = [place for reading in readings for place in reading.places]
        self._words = _Words(readings)

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
        for place, support in self._candidates(claim):
            if self._consistent(claim, place=place):
                quote = place.span.of(place.source.text)
                return Alignment(Mark(n=place.source.n, start=span.start, end=span.end, quote=quote), support)
        return None

    def _candidates(self, claim: Claim) -> list[tuple[_Place, float]]:
        """Return the places that carry enough of the claim's words to be looked at, the best first."""
        words = [self._words[stem] for stem in claim.stems]
        weights = [word.weight for word in words]
        found: dict[int, frozenset[int]] = {}
        for position, word in enumerate(words):
            for index in word.where:
                found[index] = found.get(index, frozenset()) | {position}
        total = sum(weights)
        enough: list[tuple[_Place, float]] = []
        for index, those in found.items():
            place = self._places[index]
            enough.append((place, sum(weights[position] for position in those) / total))
            more = found.get(index + 1, those) - those
            if more and self._places[index + 1].source is place.source:
                both = sum(weights[position] for position in those | more) / total
                enough.append((_pair(place, self._places[index + 1]), both))
        # Of equal places the shorter one: a sentence comes before a pair that contains it.
        return sorted((one for one in enough if one[1] >= LEXICAL_FLOOR), key=lambda one: (-one[1], len(one[0].parts)))

    def _support(self, claim: Claim, *, stems: frozenset[str]) -> float:
        total = found = 0.0
        for stem in claim.stems:
            word = self._words[stem]
            total += word.weight
            if stem in stems or not stems.isdisjoint(word.kin):
                found += word.weight
        return found / total if total else 0.0

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
            and not self._belongs_elsewhere(wanted, claim=claim, part=part)
            for part in place.parts
        )

    def _belongs_elsewhere(self, wanted: Quantity, *, claim: Claim, part: Claim) -> bool:
        """Say whether what is claimed of a quantity is said there of another: 24 months in all, 36 for the housing."""
        if len(part.quantities) < 2:
            return False
        said = {stem for piece in read_pieces(claim.text) if _holds(piece, wanted) for stem in piece.stems}
        said |= {form for stem in said for form in self._words[stem].kin}
        with_it: set[str] = set()
        with_others: set[str] = set()
        for piece in read_pieces(part.text):
            if _holds(piece, wanted):
                with_it.update(piece.stems)
            elif any(quantity.unit == wanted.unit for quantity in piece.quantities):
                with_others.update(piece.stems)
        return self._weight(said & with_others - with_it) > self._weight(said & with_it - with_others)

    def _weight(self, stems: set[str]) -> float:
        return sum(self._words[stem].weight for stem in stems)


@lru_cache(maxsize=512)
def _read(source: Source) -> _Reading:
    """Return a passage's sentences; passages that answer often are kept, since reading one takes half a millisecond."""
    spans = tuple(sentences(source.text))
    claims = tuple(read_claim(span.of(source.text)) for span in spans)
    known = frozenset(stem for claim in (*claims, read_claim(source.title)) for stem in (*claim.stems, *claim.names))
    places = tuple(
        _Place(source=source, span=span, stems=frozenset(claim.stems), parts=(claim,), passage_stems=known)
        for span, claim in zip(spans, claims, strict=True)
    )
    having, by_beginning = dict[str, list[int]](), dict[str, list[str]]()
    for index, place in enumerate(places):
        for stem in place.stems:
            having.setdefault(stem, []).append(index)
    for stem in having:
        by_beginning.setdefault(stem[:_BEGINNING], []).append(stem)
    return _Reading(places, having, by_beginning)


def _pair(first: _Place, second: _Place) -> _Place:
    return _Place(
        source=first.source,
        span=Span(first.span.start, second.span.end),
        stems=first.stems | second.stems,
        parts=(*first.parts, *second.parts),
        passage_stems=first.passage_stems,
    )


def _holds(piece: Claim, quantity: Quantity) -> bool:
    return any(quantity.agrees_with(other) for other in piece.quantities)


def _known(name: str, *, stems: frozenset[str]) -> bool:
    return name in stems or any(akin(name, stem) for stem in stems)


def _verified(answer: str, *, alignment: Alignment, similarity: Similarity | None) -> bool:
    if alignment.support >= FULL_SUPPORT:
        return True
    if similarity is None:
        return False
    return similarity(answer[alignment.mark.start : alignment.mark.end], alignment.mark.quote) >= LIKENESS
