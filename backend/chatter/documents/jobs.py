"""The work behind an upload and a deletion."""

from uuid import UUID

import msgspec
from sqlalchemy import update

from chatter.documents.adapters.reader_pool import ReaderPool
from chatter.documents.events import DocumentFailed
from chatter.documents.ingestion import Ingestion
from chatter.documents.models import Document
from chatter.documents.search import DocumentEmbedder
from chatter.kit.events import emit
from chatter.kit.jobs import JobContext, JobFailure, JobKind

__all__ = ["ERASE", "INGEST", "EraseFile", "IngestDocument"]


class IngestDocument(msgspec.Struct, kw_only=True, frozen=True):
    document_id: UUID
    version_id: UUID


class EraseFile(msgspec.Struct, kw_only=True, frozen=True):
    storage_key: str


async def _ingest(context: JobContext, payload: IngestDocument) -> None:
    await Ingestion(
        context=context,
        store=context.services.store,
        extractor=context.services.part(ReaderPool),
        embedder=context.services.part(DocumentEmbedder).embedder,
        document_id=payload.document_id,
        version_id=payload.version_id,
    ).run()


async def _gave_up(context: JobContext, payload: IngestDocument, failure: JobFailure) -> None:
    async with context.services.database.unit(context.tenant_id) as session:
        await session.execute(
            update(Document)
            .where(Document.id == payload.document_id)
            .values(state="failed", error_code=failure.code, error_detail=failure.detail, error_remedy=failure.remedy)
        )
        emit(session, DocumentFailed(document_id=payload.document_id, code=failure.code))


async def _erase(context: JobContext, payload: EraseFile) -> None:
    await context.services.store.delete(context.tenant_id, payload.storage_key)


INGEST = JobKind(name="documents.ingest", payload=IngestDocument, handle=_ingest, gave_up=_gave_up)
ERASE = JobKind(name="documents.erase", payload=EraseFile, handle=_erase)
