"""Adds, retries and deletes documents: the rules."""

import asyncio
import hashlib
from dataclasses import dataclass
from uuid import UUID

from asyncpg import ForeignKeyViolationError, Record
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record, record_on
from chatter.documents.collection_access import entered
from chatter.documents.errors import CollectionNotFound, DocumentNotFound, NotRetryable
from chatter.documents.events import DocumentDeleted, DocumentRetried, DocumentUpdated, DocumentUploaded
from chatter.documents.file_names import sanitised_name
from chatter.documents.file_types import Recognised, recognise
from chatter.documents.jobs import ERASE, INGEST, EraseFile, IngestDocument
from chatter.documents.models import Collection, DocumentVersion
from chatter.documents.models import Document as DocumentRow
from chatter.documents.permissions import DocumentAction, DocumentPermission
from chatter.documents.resources import DOCUMENT
from chatter.documents.schemas import Document, DocumentUpdate
from chatter.kit.db.database import Database, HotConnection
from chatter.kit.errors import NotFound
from chatter.kit.events import emit, emit_on
from chatter.kit.identifiers import new_id
from chatter.kit.jobs import Job, JobQueue
from chatter.kit.principal import Principal
from chatter.kit.resources import Level
from chatter.kit.schema import Schema
from chatter.kit.storage import ObjectStore
from chatter.rbac.facade import Authorizer, require_access

__all__ = ["Added", "DocumentService", "erase"]

_LOCK = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
_SAME_BYTES = """
select d.id, d.state from document_version v join document d on d.tenant_id = v.tenant_id and d.id = v.document_id
where v.tenant_id = $1 and v.sha256 = $3 and (select a.rank from document_access($1, $2, d.id) a) > 0
order by d.created_at limit 1
"""
_INSERT = """
with added as (
    insert into document (tenant_id, id, name, state, stage, created_by, warnings, collection_id)
    values ($1, $2, $3, 'queued', 'stored', $4, $5, $11) returning created_at, updated_at),
version as (
    insert into document_version (tenant_id, id, document_id, number, file_type, size_bytes, sha256, storage_key)
    values ($1, $6, $2, 1, $7, $8, $9, $10))
select created_at, updated_at from added
"""


@dataclass(frozen=True, slots=True)
class Added:
    """The document that holds the bytes; `duplicate` when the organisation had them before."""

    document_id: UUID
    duplicate: bool
    document: Document | None = None
    """As it is shown, when it was made just now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _NewFile:
    """A file that was looked at, and the ids under which it will be kept."""

    name: str
    recognised: Recognised
    size: int
    sha256: bytes
    document_id: UUID
    version_id: UUID

    @property
    def storage_key(self) -> str:
        return f"documents/{self.document_id}/original"

    @property
    def warnings(self) -> list[str]:
        return [self.recognised.warning] if self.recognised.warning else []


class NamedDocument(Schema, frozen=True):
    """What the audit log keeps of a document."""

    name: str


class DocumentService:
    """Works for one principal."""

    def __init__(
        self,
        principal: Principal,
        database: Database,
        store: ObjectStore,
        *,
        jobs: JobQueue,
        authorizer: Authorizer,
        collection_id: UUID | None = None,
    ) -> None:
        self.principal = principal
        self.database = database
        self.store = store
        self.jobs = jobs
        self.authorizer = authorizer
        self.collection_id = collection_id
        """What is added is put into this collection."""

    async def within(self, collection_id: UUID) -> "DocumentService":
        """The same, which adds to a collection; raises CollectionNotFound or NotManaged."""
        inside = DocumentService(
            self.principal,
            self.database,
            self.store,
            jobs=self.jobs,
            authorizer=self.authorizer,
            collection_id=collection_id,
        )
        await inside._enter(collection_id)
        return inside

    async def add(self, name: str, *, data: bytes) -> Added:
        """Keep a file and have it read; raises what is wrong with it at first sight.

        Bytes that the principal can see already are not kept twice: the document that has them is returned, and tried
        again if it had failed. One that is hidden from the principal doesn't show by this either.
        """
        name = sanitised_name(name)
        recognised, digest = await asyncio.to_thread(_examined, name, data)
        if known := await self._known(digest):
            return known
        file = _NewFile(
            name=name,
            recognised=recognised,
            size=len(data),
            sha256=digest,
            document_id=new_id(),
            version_id=new_id(),
        )
        if self.collection_id is not None:  # asked of each file: a form may take long to come
            await self._enter(self.collection_id)
        await self.store.put(self.principal.tenant_id, file.storage_key, data)
        added = await self._insert(file)
        if added.duplicate:
            await self.store.delete(self.principal.tenant_id, file.storage_key)
        return added

    async def retry(self, session: AsyncSession, document_id: UUID) -> None:
        """Read a failed document once more; raises NotRetryable for any other."""
        document, version = await self._reached(session, document_id, level=Level.EDIT)
        if document.state != "failed":
            raise NotRetryable(f"“{document.name}” has not failed.", remedy="Wait until it is ready.")
        await self._queue_again(session, document, version)

    async def update(self, session: AsyncSession, document_id: UUID, *, change: DocumentUpdate) -> None:
        """Open a document to everybody, or keep it to its owner and those whom it is shared with."""
        if not await self.authorizer.allowed(self.principal, DocumentPermission.ADMINISTER):
            await self._require_level(session, document_id, level=Level.MANAGE)
        document = await session.get(DocumentRow, (self.principal.tenant_id, document_id))
        if document is None:
            raise DocumentNotFound
        before = DocumentUpdate(visibility="restricted" if document.visibility == "restricted" else "organization")
        document.visibility = change.visibility
        await record(session, self.principal, DocumentAction.UPDATED, target=document_id, before=before, after=change)
        emit(session, DocumentUpdated(document_id=document_id, visibility=change.visibility))

    async def delete(self, session: AsyncSession, document_id: UUID) -> None:
        """Delete the document with its text, passages and vectors, stop its reading, and have its bytes erased."""
        document, _ = await self._reached(session, document_id, level=Level.MANAGE)
        await erase(session, self.principal, document, jobs=self.jobs)

    async def _enter(self, collection_id: UUID) -> None:
        async with self.database.unit(self.principal.tenant_id) as session:
            await entered(session, self.principal, self.authorizer, collection_id)

    async def _known(self, digest: bytes) -> Added | None:
        async with self.database.connection(self.principal.tenant_id) as connection:
            known = await self._same_bytes(connection, digest)
        return await self._again(known) if known else None

    async def _same_bytes(self, connection: HotConnection, digest: bytes) -> Record | None:
        return await connection.fetchrow(_SAME_BYTES, self.principal.tenant_id, self.principal.user_id, digest)

    async def _again(self, known: Record) -> Added:
        """The document that holds these bytes already; one that had failed is tried once more."""
        if known["state"] == "failed":
            async with self.database.unit(self.principal.tenant_id) as session:
                document, version = await self._found(session, known["id"])
                if document.state == "failed":
                    await self._queue_again(session, document, version)
        return Added(known["id"], True)

    async def _insert(self, file: _NewFile) -> Added:
        """Store the rows; or return the document that somebody else made of the same bytes in the meantime.

        On the hot pool: 2 ms of CPU, where a unit of work and its flushes take 8.
        """
        async with self.database.connection(self.principal.tenant_id) as connection:
            await connection.execute(_LOCK, f"document:{self.principal.tenant_id}:{file.sha256.hex()}")
            known = await self._same_bytes(connection, file.sha256)
            if known is None:
                made = await self._store(connection, file)
        if known is not None:
            return await self._again(known)
        await self.jobs.wake()
        return Added(file.document_id, False, made)

    async def _store(self, connection: HotConnection, file: _NewFile) -> Document:
        """Rows, job, audit row and event of a new document."""
        tenant_id, user_id, document_id = self.principal.tenant_id, self.principal.user_id, file.document_id
        kind = file.recognised.file_type
        values = (
            *(tenant_id, document_id, file.name, user_id, file.warnings),
            *(file.version_id, kind.value, file.size, file.sha256, file.storage_key, self.collection_id),
        )
        try:
            rows = await connection.fetch(_INSERT, *values)
        except ForeignKeyViolationError as error:  # the collection went in this very moment
            raise CollectionNotFound from error
        payload = IngestDocument(document_id=document_id, version_id=file.version_id)
        await self.jobs.enqueue_on(connection, INGEST, payload, tenant_id=tenant_id, subject=document_id)
        after = NamedDocument(name=file.name)
        await record_on(connection, self.principal, DocumentAction.UPLOADED, target=document_id, after=after)
        await emit_on(connection, tenant_id, DocumentUploaded(document_id=document_id))
        return _shown(file, created_by=user_id, collection_id=self.collection_id, times=rows[0])

    async def _queue_again(self, session: AsyncSession, document: DocumentRow, version: DocumentVersion) -> None:
        document.state, document.stage = "queued", "stored"
        document.error_code = document.error_detail = document.error_remedy = None
        await self._queue(session, version)
        await record(session, self.principal, DocumentAction.RETRIED, target=document.id)
        emit(session, DocumentRetried(document_id=document.id))

    async def _queue(self, session: AsyncSession, version: DocumentVersion) -> None:
        payload = IngestDocument(document_id=version.document_id, version_id=version.id)
        await self.jobs.enqueue(session, INGEST, payload, subject=version.document_id)

    async def _reached(
        self, session: AsyncSession, document_id: UUID, *, level: Level
    ) -> tuple[DocumentRow, DocumentVersion]:
        """What everybody may see, whoever's role allows it may change; what is restricted takes a level as well.

        Asked before anything is read, so that a hidden document costs what one costs that is not there.
        """
        await self._require_level(session, document_id, level=Level.VIEW)
        document, version = await self._found(session, document_id)
        if document.visibility == "restricted" or await _is_withheld(session, document.collection_id):
            await self._require_level(session, document_id, level=level)
        return document, version

    async def _require_level(self, session: AsyncSession, document_id: UUID, *, level: Level) -> None:
        try:
            await require_access(session, self.principal, DOCUMENT, document_id, level=level)
        except NotFound as error:
            raise DocumentNotFound from error

    async def _found(self, session: AsyncSession, document_id: UUID) -> tuple[DocumentRow, DocumentVersion]:
        document = await session.get(DocumentRow, (self.principal.tenant_id, document_id))
        if document is None:
            raise DocumentNotFound
        return document, await _newest(session, document_id)


async def erase(session: AsyncSession, actor: Principal, document: DocumentRow, *, jobs: JobQueue) -> None:
    """Delete a document, whoever uploaded it: its rows now, its bytes by a job. The caller has asked who may."""
    version = await _newest(session, document.id)
    await _cancel_jobs(session, document.id)
    await jobs.enqueue(session, ERASE, EraseFile(storage_key=version.storage_key))
    before = NamedDocument(name=document.name)
    await record(session, actor, DocumentAction.DELETED, target=document.id, before=before)
    emit(session, DocumentDeleted(document_id=document.id))
    await session.delete(document)


async def _is_withheld(session: AsyncSession, collection_id: UUID | None) -> bool:
    """Whether what is in the collection is restricted with it."""
    if collection_id is None:
        return False
    return await session.scalar(select(Collection.visibility).where(Collection.id == collection_id)) == "restricted"


async def _newest(session: AsyncSession, document_id: UUID) -> DocumentVersion:
    of_document = select(DocumentVersion).where(DocumentVersion.document_id == document_id)
    version = await session.scalar(of_document.order_by(DocumentVersion.number.desc()).limit(1))
    if version is None:
        raise DocumentNotFound
    return version


def _shown(file: _NewFile, *, created_by: UUID, collection_id: UUID | None, times: Record) -> Document:
    return Document(
        id=file.document_id,
        name=file.name,
        file_type=file.recognised.file_type.value,
        media_type=file.recognised.file_type.media_type,
        size_bytes=file.size,
        state="queued",
        stage="stored",
        done=0,
        total=0,
        page_count=0,
        chunk_count=0,
        warnings=file.warnings,
        error=None,
        created_by=created_by,
        visibility="organization",
        collection_id=collection_id,
        access=Level.MANAGE,
        created_at=times["created_at"],
        updated_at=times["updated_at"],
    )


def _examined(name: str, data: bytes) -> tuple[Recognised, bytes]:
    return recognise(name, data=data), hashlib.sha256(data).digest()


async def _cancel_jobs(session: AsyncSession, document_id: UUID) -> None:
    own = Job.subject == document_id
    await session.execute(update(Job).where(own, Job.state == "queued").values(state="cancelled"))
    await session.execute(update(Job).where(own, Job.state == "running").values(cancel_requested=True))
