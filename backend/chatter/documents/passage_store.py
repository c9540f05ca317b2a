"""Writes what was read from a document: whole batches as arrays, since COPY is refused under row-level security."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from pgvector import HalfVector

from chatter.documents.chunking import Chunk
from chatter.documents.events import DocumentReady
from chatter.documents.extraction import ExtractedDocument
from chatter.documents.file_types import FileType
from chatter.kit.db.database import Database, HotConnection
from chatter.kit.identifiers import new_id
from chatter.llm.ports import Vectors
from chatter.usage.facade import Ledger, uses_json

__all__ = ["PassageStore", "PendingChunk", "Reading"]

_BEGIN = """
update document d set state = 'processing', stage = case when d.total > 0 then 'embedding' else 'extracting' end,
    updated_at = now()
from document_version v
where d.tenant_id = $1 and d.id = $2 and d.state <> 'ready' and v.tenant_id = $1 and v.id = $3
returning d.name, d.total, v.file_type, v.storage_key
"""
_STAGE = "update document set stage = $3, updated_at = now() where tenant_id = $1 and id = $2"
_KEEP = """
with pages as (
    insert into document_page (tenant_id, version_id, number, text)
    select $1, $3, u.number, u.text from unnest($4::int[], $5::text[]) u (number, text)),
chunks as (
    insert into chunk (
        tenant_id, id, document_id, version_id, ordinal, page, start_offset, end_offset, context, text, content_hash)
    select $1, u.id, $2, $3, u.ordinal, u.page, u.start_offset, u.end_offset, u.context, u.text, u.content_hash
    from unnest($6::uuid[], $7::int[], $8::int[], $9::int[], $10::int[], $11::text[], $12::text[], $13::bytea[])
        u (id, ordinal, page, start_offset, end_offset, context, text, content_hash))
update document set stage = 'embedding', done = 0, total = cardinality($6), chunk_count = cardinality($6),
    page_count = coalesce((select max(n) from unnest($4::int[]) n), 0), warnings = warnings || $14, updated_at = now()
where tenant_id = $1 and id = $2
"""
# Equal passages of the organisation have equal vectors: taken over instead of computed again.
_REUSE = """
insert into embedding_384 (tenant_id, chunk_id, model, embedding)
select distinct on (c.id) c.tenant_id, c.id, e.model, e.embedding
from chunk c
join chunk same on same.tenant_id = $1 and same.content_hash = c.content_hash and same.id <> c.id
join embedding_384 e on e.tenant_id = $1 and e.chunk_id = same.id and e.model = $3
where c.tenant_id = $1 and c.version_id = $2
on conflict do nothing returning chunk_id
"""
_PENDING = """
select c.id, c.context, c.text from chunk c
where c.tenant_id = $1 and c.document_id = $2 and c.version_id = $3
    and not exists (select from embedding_384 e where e.tenant_id = $1 and e.chunk_id = c.id and e.model = $4)
order by c.ordinal
"""
_VECTORS = """
with vectors as (
    insert into embedding_384 (tenant_id, chunk_id, model, embedding)
    select $1, u.id, $3, u.embedding from unnest($4::uuid[], $5::halfvec[]) u (id, embedding)
    on conflict do nothing)
update document set done = least(total, done + cardinality($4)), updated_at = now()
where tenant_id = $1 and id = $2
returning done, total, record_model_usage($1, $6)
"""
_COUNT = """
update document set updated_at = now(), done = (
    select count(*) from chunk c join embedding_384 e on e.tenant_id = $1 and e.chunk_id = c.id and e.model = $3
    where c.tenant_id = $1 and c.document_id = $2)
where tenant_id = $1 and id = $2 returning done, total
"""
_READY = """
with ready as (
    update document set state = 'ready', stage = 'ready', done = total, error_code = null, error_detail = null,
        error_remedy = null, updated_at = now()
    where tenant_id = $1 and id = $2 returning id)
insert into outbox (tenant_id, id, name, payload) select $1, $3, $4, $5 from ready returning id
"""
_REFRESH = "select refresh_search_statistics($1)"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a job needs to know of the document in hand."""

    name: str
    chunks_stored: bool
    file_type: FileType
    storage_key: str


@dataclass(frozen=True, slots=True)
class PendingChunk:
    """A passage without a vector."""

    id: UUID
    embedded_text: str


@dataclass(frozen=True, kw_only=True)
class PassageStore:
    """The stored passages of one version of one document. Each method is one transaction."""

    database: Database
    tenant_id: UUID
    document_id: UUID
    version_id: UUID

    async def begin(self) -> Reading | None:
        """Mark the document as being read; None when it is gone, or ready already."""
        async with self.database.connection(self.tenant_id) as connection:
            row = await connection.fetchrow(_BEGIN, self.tenant_id, self.document_id, self.version_id)
        if row is None:
            return None
        return Reading(row["name"], row["total"] > 0, FileType(row["file_type"]), row["storage_key"])

    async def enter(self, stage: str) -> None:
        """Tell how far the reading is."""
        async with self.database.connection(self.tenant_id) as connection:
            await connection.execute(_STAGE, self.tenant_id, self.document_id, stage)

    async def keep(self, document: ExtractedDocument, chunks: Sequence[Chunk], *, model: str) -> list[PendingChunk]:
        """Store pages and passages together. Returns the passages that the organisation has no vector for yet."""
        pages, ids = document.pages, [new_id() for _ in chunks]
        columns = (
            [page.number for page in pages],
            [page.text for page in pages],
            ids,
            [chunk.ordinal for chunk in chunks],
            [chunk.page for chunk in chunks],
            [chunk.start for chunk in chunks],
            [chunk.end for chunk in chunks],
            [chunk.context for chunk in chunks],
            [chunk.text for chunk in chunks],
            [chunk.content_hash for chunk in chunks],
            document.warnings,
        )
        async with self.database.connection(self.tenant_id) as connection:
            await connection.execute(_KEEP, self.tenant_id, self.document_id, self.version_id, *columns)
            known = {row["chunk_id"] for row in await connection.fetch(_REUSE, self.tenant_id, self.version_id, model)}
        return [
            PendingChunk(own, chunk.embedded_text) for own, chunk in zip(ids, chunks, strict=True) if own not in known
        ]

    async def count(self, *, model: str) -> tuple[int, int]:
        """Passages with a vector and passages in all, counted anew; (0, 0) when the document is gone."""
        async with self.database.connection(self.tenant_id) as connection:
            row = await connection.fetchrow(_COUNT, self.tenant_id, self.document_id, model)
        return (row["done"], row["total"]) if row else (0, 0)

    async def pending(self, *, model: str) -> list[PendingChunk]:
        """The passages that have no vector of this model."""
        async with self.database.connection(self.tenant_id) as connection:
            rows = await connection.fetch(_PENDING, self.tenant_id, self.document_id, self.version_id, model)
        return [PendingChunk(row["id"], f"{row['context']}\n{row['text']}") for row in rows]

    async def add_vectors(
        self, chunks: Sequence[PendingChunk], vectors: Vectors, *, model: str, ledger: Ledger
    ) -> tuple[int, int]:
        """Store vectors and what they took. Returns (done, total), or (0, 0) when the document is gone."""
        async with self.database.connection(self.tenant_id) as connection:
            return await self._add(connection, chunks, vectors, model=model, ledger=ledger)

    async def finish(self, chunks: Sequence[PendingChunk], vectors: Vectors, *, model: str, ledger: Ledger) -> bool:
        """Store the last vectors, show the document as ready, tell of it, count its words; False when it is gone."""
        ready = DocumentReady(document_id=self.document_id)
        event = (new_id(), ready.name, msgspec.json.encode(ready).decode())
        async with self.database.connection(self.tenant_id) as connection:
            if chunks:
                await self._add(connection, chunks, vectors, model=model, ledger=ledger)
            if await connection.fetchval(_READY, self.tenant_id, self.document_id, *event) is None:
                return False
            await connection.execute(_REFRESH, self.tenant_id)
        return True

    async def _add(
        self,
        connection: HotConnection,
        chunks: Sequence[PendingChunk],
        vectors: Vectors,
        *,
        model: str,
        ledger: Ledger,
    ) -> tuple[int, int]:
        ids, values = [chunk.id for chunk in chunks], list(map(HalfVector, vectors))
        used = uses_json(ledger.uses)
        row = await connection.fetchrow(_VECTORS, self.tenant_id, self.document_id, model, ids, values, used)
        return (row["done"], row["total"]) if row else (0, 0)
