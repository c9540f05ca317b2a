"""Decides, before any model is asked, whether what was found can answer the question. Deterministic, and cheap."""

from dataclasses import dataclass

from chatter.documents.search import Retrieval, Term

__all__ = ["Evidence", "Verdict", "evidence_of", "judge"]

TOP = 4
"""Passages that are looked at; an answer rarely needs more."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer in the passages, each figure from 0 to 1."""

    similarity: float
    """Of the passage that is nearest in meaning."""
    coverage: float
    """Share of the question's content words, weighted by rarity, that stand in the best single passage."""
    together: float
    """The same for the best passages together."""


@dataclass(frozen=True, slots=True)
class Verdict:
    strong: bool
    evidence: Evidence


def judge(retrieval: Retrieval) -> Verdict:
    """Whether the evidence is strong enough to let a model answer."""
    evidence = evidence_of(retrieval)
    return Verdict(_score(evidence) >= 0, evidence)


def evidence_of(retrieval: Retrieval) -> Evidence:
    passages = retrieval.passages[:TOP]
    if not passages:
        return Evidence(0.0, 0.0, 0.0)
    return Evidence(
        similarity=max(passage.similarity for passage in passages),
        coverage=max(_covered(retrieval.terms, passage.matched) for passage in passages),
        together=_covered(retrieval.terms, frozenset().union(*(passage.matched for passage in passages))),
    )


def _score(evidence: Evidence) -> float:
    return 1.5 * evidence.similarity + 1.5 * evidence.coverage + evidence.together - 2.3


def _covered(terms: list[Term], matched: frozenset[str]) -> float:
    whole = sum(term.weight for term in terms)
    return sum(term.weight for term in terms if term.lexeme in matched) / whole if whole else 0.0
