"""Citations attached by the program: each sentence of an answer is aligned with the passages retrieved for it.

The model's own marks are never trusted. A sentence gets a mark only when one place of one passage (a sentence, or two
that follow each other) carries its content: most of its words, weighted by how rare they are among the passages; each
of its quantities with its unit; each of its names; and the same polarity. What cannot be verified gets no mark.
"""

import math
from collections.abc import Callable, Iterator, Sequence
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


def cite(answer: str, *, sources: Sequence[Source], similarity: Similarity | None = None) -> list[Mark]:
    """Return the verified marks of a finished answer, in reading order."""
    book = Evidence(sources)
    return [
        mark for sentence in sentences(answer) for mark in book.marks(answer, sentence=sentence, similarity=similarity)
    ]


class Evidence:
    """The retrieved passages, read once, against which the sentences of one answer are checked."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._places = [place for source in sources for place in _read(source)]
        self._where: dict[str, list[int]] = {}
        """Stem → the sentences that have it."""
        for index, place in enumerate(self._places):
            for stem in place.stems:
                self._where.setdefault(stem, []).append(index)
        count = max(len(self._places), 1)
        self._weights = {stem: math.log(1 + count / len(holders)) for stem, holders in self._where.items()}
        self._unknown = math.log(1 + count)
        self._by_beginning: dict[str, list[str]] = {}
        for stem in self._where:
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
        for place, support in self._candidates(claim):
            if self._consistent(claim, place=place):
                quote = place.span.of(place.source.text)
                return Alignment(Mark(n=place.source.n, start=span.start, end=span.end, quote=quote), support)
        return None

    def _candidates(self, claim: Claim) -> list[tuple[_Place, float]]:
        """Return the places that carry enough of the claim's words to be looked at, the best first."""
        weights = [self._weights.get(stem, self._unknown) for stem in claim.stems]
        found: dict[int, frozenset[int]] = {}
        for position, stem in enumerate(claim.stems):
            for index in {index for form in (stem, *self._akin(stem)) for index in self._where.get(form, ())}:
                found[index] = found.get(index, frozenset()) | {position}
        total = sum(weights)
        enough: list[tuple[_Place, float]] = []
        for index, words in found.items():
            place = self._places[index]
            enough.append((place, sum(weights[word] for word in words) / total))
            more = found.get(index + 1, words) - words
            if more and self._places[index + 1].source is place.source:
                both = sum(weights[word] for word in words | more) / total
                enough.append((_pair(place, self._places[index + 1]), both))
        # Of equal places the shorter one: a sentence comes before a pair that contains it.
        return sorted((one for one in enough if one[1] >= LEXICAL_FLOOR), key=lambda one: (-one[1], len(one[0].parts)))

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
            and not self._belongs_elsewhere(wanted, claim=claim, part=part)
            for part in place.parts
        )

    def _belongs_elsewhere(self, wanted: Quantity, *, claim: Claim, part: Claim) -> bool:
        """Say whether what is claimed of a quantity is said there of another: 24 months in all, 36 for the housing."""
        if len(part.quantities) < 2:
            return False
        said = {stem for piece in read_pieces(claim.text) if _holds(piece, wanted) for stem in piece.stems}
        said |= {form for stem in said for form in self._akin(stem)}
        with_it: set[str] = set()
        with_others: set[str] = set()
        for piece in read_pieces(part.text):
            if _holds(piece, wanted):
                with_it.update(piece.stems)
            elif any(quantity.unit == wanted.unit for quantity in piece.quantities):
                with_others.update(piece.stems)
        return self._weight(said & with_others - with_it) > self._weight(said & with_it - with_others)

    def _weight(self, stems: set[str]) -> float:
        return sum(self._weights.get(stem, self._unknown) for stem in stems)


@lru_cache(maxsize=512)
def _read(source: Source) -> tuple[_Place, ...]:
    """Return a passage's sentences; passages that answer often are kept, since reading one takes half a millisecond."""
    spans = tuple(sentences(source.text))
    claims = tuple(read_claim(span.of(source.text)) for span in spans)
    known = frozenset(stem for claim in (*claims, read_claim(source.title)) for stem in (*claim.stems, *claim.names))
    return tuple(
        _Place(source=source, span=span, stems=frozenset(claim.stems), parts=(claim,), passage_stems=known)
        for span, claim in zip(spans, claims, strict=True)
    )


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
