"""Documents with passages and vectors, written past the reader: what is tested is who finds them."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg
import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector

from chatter.kit.db.database import Database
from chatter.kit.identifiers import new_id

__all__ = ["Shelf", "Shelved", "add_document"]

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Shelved:
    """A document and the vectors of its passages."""

    document_id: UUID
    chunk_ids: list[UUID]
    vectors: Vectors

    def nearest(self, vector: Vectors, *, count: int) -> set[UUID]:
        """The passages that an exact comparison finds."""
        return {self.chunk_ids[n] for n in np.argsort(-(self.vectors @ vector))[:count]}


@dataclass(frozen=True)
class Shelf:
    """The search function, asked as a process asks it."""

    database: Database
    tenant_id: UUID

    async def count_words(self) -> None:
        async with self.database.connection(self.tenant_id) as connection:
            await connection.execute("select refresh_search_statistics($1)", self.tenant_id)

    async def rows(
        self, user_id: UUID, question: str, vector: Vectors, *, limit: int = 10, within: list[UUID] | None = None
    ) -> list[asyncpg.Record]:
        """Within some collections, or in everything."""
        async with self.database.connection(self.tenant_id) as connection:
            found: list[asyncpg.Record] = await connection.fetch(
                "select * from search_chunks($1, $2, $3, 'model', $4, $5)",
                *(user_id, question, HalfVector(vector), limit, within),
            )
        return found

    async def found(self, user_id: UUID, question: str, *, within: list[UUID] | None = None) -> list[str]:
        rows = await self.rows(user_id, question, _vectors(1, seed=9)[0], within=within)
        return [row["content"] for row in rows]


async def add_document(
    admin: asyncpg.Connection,
    tenant_id: UUID,
    owner_id: UUID,
    *,
    text: str,
    count: int = 1,
    visibility: str = "organization",
    seed: int = 3,
) -> Shelved:
    """A document of `count` passages that is ready."""
    document_id, version_id, ids = new_id(), new_id(), [new_id() for _ in range(count)]
    vectors = _vectors(count, seed=seed)
    await admin.execute(
        "insert into document (tenant_id, id, name, state, stage, chunk_count, created_by, visibility) "
        "values ($1, $2, $3, 'ready', 'ready', $4, $5, $6)",
        *(tenant_id, document_id, f"{text}.txt", count, owner_id, visibility),
    )
    await admin.execute(
        "insert into document_version (tenant_id, id, document_id, number, file_type, size_bytes, sha256, storage_key) "
        "values ($1, $2, $3, 1, 'txt', 1, $4, 'k')",
        *(tenant_id, version_id, document_id, document_id.bytes),
    )
    await admin.execute(
        "insert into chunk (tenant_id, id, document_id, version_id, ordinal, page, start_offset, end_offset, "
        "context, text, content_hash) select $1, u.id, $2, $3, u.n, 1, 0, 1, '', $5, '\\x00' "
        "from unnest($4::uuid[]) with ordinality u (id, n)",
        *(tenant_id, document_id, version_id, ids, text),
    )
    await admin.execute(
        "insert into embedding_384 (tenant_id, chunk_id, model, embedding) "
        "select $1, u.id, 'model', u.e::halfvec from unnest($2::uuid[], $3::text[]) u (id, e)",
        *(tenant_id, ids, [str(vector.tolist()) for vector in vectors]),
    )
    return Shelved(document_id, ids, vectors)


def _vectors(count: int, *, seed: int) -> Vectors:
    centres = np.random.default_rng(0).normal(size=(50, 384)).astype(np.float32)
    rows = centres[np.arange(count) % 50] + 0.6 * np.random.default_rng(seed).normal(size=(count, 384))
    normed: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return normed
