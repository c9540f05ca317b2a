"""Decides, before any model is asked, whether what was found can answer the question. Deterministic, and cheap.

Four things speak: nearness in meaning; the share of the question's content words, weighted by rarity, in one passage;
the same in the best passages together; and whether the sentences that share the most words hold the kind of thing that
is asked for. The weights were fitted by logistic regression to half of the questions of tests/eval, which checks them
with the other half.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chatter.documents.answer_types import kind_asked_for
from chatter.documents.frame_words import FRAME_WORDS
from chatter.documents.search import FoundPassage, Retrieval, Term

__all__ = ["Evidence", "Verdict", "evidence_of", "judge"]

TOP = 4
"""Passages that are looked at; an answer rarely needs more."""
NEAR_THE_BEST = 0.75
MOST_SENTENCES = 8

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_WORD = re.compile(r"\w+")
_LONGEST_ENDING = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer in the passages; shares from 0 to 1."""

    similarity: float
    """Of the passage that is nearest in meaning."""
    coverage: float
    """Share of the question's content words in the best single passage."""
    together: float
    """The same in the best passages together."""
    wrong_kind: bool
    """The closest sentences hold nothing of the kind that is asked for: no sum for a "how much"."""

    @property
    def score(self) -> float:
        """Above zero: more likely answered than not."""
        return 0.9 * self.similarity + 3.2 * self.coverage + 4.8 * self.together - 3.0 * self.wrong_kind - 6.15


@dataclass(frozen=True, slots=True)
class Verdict:
    strong: bool
    evidence: Evidence


def judge(retrieval: Retrieval) -> Verdict:
    """Whether the evidence is strong enough to let a model answer."""
    evidence = evidence_of(retrieval)
    return Verdict(bool(retrieval.passages) and evidence.score >= 0, evidence)


def evidence_of(retrieval: Retrieval) -> Evidence:
    passages = retrieval.passages[:TOP]
    if not passages:
        return Evidence(0.0, 0.0, 0.0, True)
    terms = _content(retrieval.terms)
    return Evidence(
        similarity=max(passage.similarity for passage in passages),
        coverage=max(_share(terms, passage.matched) for passage in passages),
        together=_share(terms, set().union(*(passage.matched for passage in passages))),
        wrong_kind=_of_the_wrong_kind(retrieval.question, terms, passages),
    )


def _of_the_wrong_kind(question: str, terms: Sequence[Term], passages: Sequence[FoundPassage]) -> bool:
    """Whether a kind of thing is asked for that the closest sentences hold none of."""
    held_by = kind_asked_for(question)
    return held_by is not None and not held_by("\n".join(_closest_sentences(terms, passages)))


def _content(terms: Sequence[Term]) -> list[Term]:
    """The terms that name the subject; all of them when the question has no other."""
    return [term for term in terms if term.lexeme not in FRAME_WORDS] or list(terms)


def _share(terms: Sequence[Term], matched: Iterable[str]) -> float:
    whole = sum(term.weight for term in terms)
    found = set(matched)
    return sum(term.weight for term in terms if term.lexeme in found) / whole if whole else 0.0


def _closest_sentences(terms: Sequence[Term], passages: Sequence[FoundPassage]) -> list[str]:
    """The pairs of neighbouring sentences that share the most of the question's words."""
    forms, shares = _Forms(terms), _Shares(terms)
    scored: list[tuple[float, Sequence[str]]] = []
    for passage in passages:
        heading = forms.found_in(passage.context)
        sentences = [sentence for sentence in _SENTENCE.split(passage.text) if sentence.strip()]
        found = [forms.found_in(sentence) for sentence in sentences]
        for first in range(len(sentences)):
            matched = heading.union(*found[first : first + 2])
            scored.append((shares[matched], sentences[first : first + 2]))
    scored.sort(key=lambda item: -item[0])
    best = scored[0][0] if scored else 0.0
    return [" ".join(pair) for share, pair in scored if share >= best * NEAR_THE_BEST][:MOST_SENTENCES]


class _Shares(dict[frozenset[str], float]):
    """The shares of what was found, each worked out once: most sentences hold none of the words, or the same."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self._terms = terms

    def __missing__(self, matched: frozenset[str]) -> float:
        share = self[matched] = _share(self._terms, matched)
        return share


class _Forms:
    """Finds the question's words in texts, in whatever form they stand there; looks at each different word once."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self._roots = [(term.lexeme, _root(term.lexeme)) for term in terms]
        self._beginnings = tuple(root for _, root in self._roots)
        self._known: dict[str, frozenset[str]] = {}

    def found_in(self, text: str) -> frozenset[str]:
        """The terms that this text holds."""
        found: frozenset[str] = frozenset()
        lowered = text.lower()
        if not any(map(lowered.__contains__, self._beginnings)):
            return found
        for word in set(_WORD.findall(lowered)):
            if word.startswith(self._beginnings):
                found |= self._terms_of(word)
        return found

    def _terms_of(self, word: str) -> frozenset[str]:
        terms = self._known.get(word)
        if terms is None:
            terms = self._known[word] = frozenset(
                lexeme
                for lexeme, root in self._roots
                if word.startswith(root) and len(word) - len(root) <= _LONGEST_ENDING
            )
        return terms


def _root(stem: str) -> str:
    """What every word of this stem begins with: the stemmer writes a final y as i."""
    return stem[:-1] if stem.endswith("i") and len(stem) > 3 else stem
