"""Finds passages by meaning and by words. The database does it in one statement; this is the way in."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from pgvector import HalfVector

from chatter.kit.db.database import Database
from chatter.llm.facade import LOCAL_EMBEDDING
from chatter.llm.ports import Embedder
from chatter.usage.facade import Ledger

__all__ = ["DocumentEmbedder", "FoundPassage", "Retrieval", "Term", "retrieve"]

_SEARCH = "select * from search_passages($1, $2, $3, $4, $5, $6, $7)"


class DocumentEmbedder:
    """The embedding model that this process reads and searches documents with."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder


@dataclass(frozen=True, slots=True)
class Term:
    """A content word of the question, reduced to its stem."""

    lexeme: str
    weight: float
    """Its inverse document frequency in this organisation: what is rare says more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPassage:
    """A passage that may answer the question."""

    chunk_id: UUID
    document_id: UUID
    document_name: str
    page: int
    start: int
    end: int
    context: str
    """What it stands under: the document's title and the nearest heading."""
    text: str
    score: float
    similarity: float
    """Cosine of the question's meaning and the passage's, -1 to 1."""
    lexical: float
    matched: frozenset[str]
    """The stems of the question's words that stand in the passage or its context."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What was found for a question, best first."""

    question: str
    passages: list[FoundPassage]
    terms: list[Term]


async def retrieve(
    database: Database,
    embedder: Embedder,
    *,
    tenant_id: UUID,
    user_id: UUID,
    question: str,
    limit: int = 8,
    collection_ids: Sequence[UUID] | None = None,
    ledger: Ledger,
) -> Retrieval:
    """Search the passages that a person may see, in some collections or (None) in all that there is.

    No transaction is open while the question is embedded; what that took goes into the ledger.
    """
    with ledger.embedding(LOCAL_EMBEDDING, purpose="query") as calls:
        vectors = await embedder.embed([question], purpose="query", calls=calls)
    asked = (question, HalfVector(vectors[0]), embedder.model_name, limit, collection_ids)
    rows = await database.hot.fetch(_SEARCH, tenant_id, user_id, *asked)
    if not rows:
        return Retrieval(question, [], [])
    terms = [
        Term(*pair) for pair in zip(rows[0]["question_terms"] or (), rows[0]["question_weights"] or (), strict=True)
    ]
    return Retrieval(question, [_passage(row) for row in rows], terms)


def _passage(row: asyncpg.Record) -> FoundPassage:
    return FoundPassage(
        chunk_id=row["chunk_id"],
        document_id=row["document_id"],
        document_name=row["document_name"],
        page=row["page"],
        start=row["start_offset"],
        end=row["end_offset"],
        context=row["context"],
        text=row["content"],
        score=row["score"],
        similarity=row["similarity"] or 0.0,
        lexical=row["lexical"],
        matched=frozenset(row["matched"]),
    )
