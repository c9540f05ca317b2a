"""Reads a document stage by stage: stored → extracting → chunking → embedding → ready.

Each stage leaves its result in the database, so a second attempt goes on where the first one ended: pages and passages
are stored in one transaction, vectors batch by batch, and what has a vector is never embedded again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import UUID

import asyncpg

from chatter.documents.chunking import chunked
from chatter.documents.extraction import Extractor
from chatter.documents.passage_store import PassageStore, PendingChunk, Reading
from chatter.kit.errors import ChatterError
from chatter.kit.identifiers import new_id
from chatter.kit.jobs import JobCancelled, JobContext
from chatter.kit.storage import ObjectStore
from chatter.llm.facade import LOCAL_EMBEDDING
from chatter.llm.ports import Embedder, Vectors
from chatter.usage.facade import Ledger, record_uses

__all__ = ["BATCH", "Ingestion"]

BATCH = 64
_LONG_TEXT = 200_000


@dataclass(frozen=True, kw_only=True)
class Ingestion:
    """One attempt at one document."""

    context: JobContext
    store: ObjectStore
    extractor: Extractor
    embedder: Embedder
    document_id: UUID
    version_id: UUID

    async def run(self) -> None:
        """Do what is left to do; raises JobCancelled when the document was deleted meanwhile."""
        passages = PassageStore(
            database=self.context.services.database,
            tenant_id=self.context.tenant_id,
            document_id=self.document_id,
            version_id=self.version_id,
        )
        reading = await passages.begin()
        if reading is None:
            return
        try:
            if reading.chunks_stored:
                await passages.count(model=self.embedder.model_name)
                pending = await passages.pending(model=self.embedder.model_name)
            else:
                pending = await self._read(passages, reading)
            ready = await self._embed(passages, pending)
        except asyncpg.ForeignKeyViolationError as error:
            raise JobCancelled from error
        if not ready:
            raise JobCancelled

    async def _read(self, passages: PassageStore, reading: Reading) -> list[PendingChunk]:
        data = await self.store.get(self.context.tenant_id, reading.storage_key)
        document = await self.extractor.extract(data, file_type=reading.file_type)
        if len(data) > _LONG_TEXT:  # short ones are through before anybody could see it
            await passages.enter("chunking")
        title = PurePosixPath(reading.name).stem
        if sum(len(page.text) for page in document.pages) > _LONG_TEXT:
            chunks = await asyncio.to_thread(chunked, document.pages, title=title)
        else:
            chunks = chunked(document.pages, title=title)
        return await passages.keep(document, chunks, model=self.embedder.model_name)

    async def _embed(self, passages: PassageStore, pending: Sequence[PendingChunk]) -> bool:
        """Embed batch by batch; the last one is stored with the end. False when the document is gone."""
        model = self.embedder.model_name
        while len(pending) > BATCH:
            batch, pending = pending[:BATCH], pending[BATCH:]
            vectors, ledger = await self._vectors(batch)
            done, total = await passages.add_vectors(batch, vectors, model=model, ledger=ledger)
            if total == 0:
                return False
            await self.context.progress("embedding", done=done, total=total)
        vectors, ledger = await self._vectors(pending)
        return await passages.finish(pending, vectors, model=model, ledger=ledger)

    async def _vectors(self, chunks: Sequence[PendingChunk]) -> tuple[Vectors, Ledger]:
        ledger = Ledger(purpose="passages", origin=new_id(), subject_id=self.document_id)
        texts = [chunk.embedded_text for chunk in chunks]
        try:
            with ledger.embedding(LOCAL_EMBEDDING, purpose="passages") as calls:
                vectors = await self.embedder.embed(texts, purpose="passage", calls=calls)
        except ChatterError:  # nothing else is stored of this batch
            await record_uses(self.context.services.database, self.context.tenant_id, ledger.uses)
            raise
        return vectors, ledger
