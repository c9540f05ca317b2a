"""Adds, retries and deletes documents: the rules."""

import asyncio
import hashlib
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.documents.errors import DocumentNotFound, NotRetryable
from chatter.documents.events import DocumentDeleted, DocumentRetried, DocumentUpdated, DocumentUploaded
from chatter.documents.file_names import sanitised_name
from chatter.documents.file_types import Recognised, recognise
from chatter.documents.jobs import ERASE, INGEST, EraseFile, IngestDocument
from chatter.documents.models import Document, DocumentVersion
from chatter.documents.permissions import DocumentAction, DocumentPermission
from chatter.documents.resources import DOCUMENT
from chatter.documents.schemas import DocumentUpdate
from chatter.kit.db.database import Database
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.jobs import Job, JobQueue
from chatter.kit.principal import Principal
from chatter.kit.resources import Level
from chatter.kit.schema import Schema
from chatter.kit.storage import ObjectStore
from chatter.rbac.facade import Authorizer, require_access

__all__ = ["Added", "DocumentService", "erase"]

_SAME_BYTES = text("""
select d.id from document_version v join document d on d.tenant_id = v.tenant_id and d.id = v.document_id
where v.tenant_id = :tenant and v.sha256 = :digest and (d.visibility = 'organization' or d.created_by = :user
    or d.id in (select g.resource_id from access_grants(:tenant, :user, 'document') g))
order by d.created_at limit 1
""")


@dataclass(frozen=True, slots=True)
class Added:
    """The document that holds the bytes; `duplicate` when the organisation had them before."""

    document_id: UUID
    duplicate: bool


class NamedDocument(Schema, frozen=True):
    """What the audit log keeps of a document."""

    name: str


class DocumentService:
    """Works for one principal."""

    def __init__(
        self, principal: Principal, database: Database, store: ObjectStore, *, jobs: JobQueue, authorizer: Authorizer
    ) -> None:
        self.principal = principal
        self.database = database
        self.store = store
        self.jobs = jobs
        self.authorizer = authorizer

    async def add(self, name: str, *, data: bytes) -> Added:
        """Keep a file and have it read; raises what is wrong with it at first sight.

        Bytes that the principal can see already are not kept twice: the document that has them is returned, and tried
        again if it had failed. One that is hidden from the principal doesn't show by this either.
        """
        name = sanitised_name(name)
        recognised, digest = await asyncio.to_thread(_examined, name, data)
        if known := await self._known(digest):
            return known
        document_id = new_id()
        key = f"documents/{document_id}/original"
        await self.store.put(self.principal.tenant_id, key, data)
        version = DocumentVersion(
            id=new_id(),
            document_id=document_id,
            number=1,
            file_type=recognised.file_type.value,
            size_bytes=len(data),
            sha256=digest,
            storage_key=key,
        )
        if known := await self._insert(version, name=name, warning=recognised.warning):
            await self.store.delete(self.principal.tenant_id, key)
            return known
        return Added(document_id, False)

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
        document = await session.get(Document, (self.principal.tenant_id, document_id))
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

    async def _known(self, digest: bytes) -> Added | None:
        async with self.database.unit(self.principal.tenant_id) as session:
            return await self._same_bytes(session, digest)

    async def _same_bytes(self, session: AsyncSession, digest: bytes) -> Added | None:
        values = {"tenant": self.principal.tenant_id, "user": self.principal.user_id, "digest": digest}
        known = (await session.execute(_SAME_BYTES, values)).scalar_one_or_none()
        if known is None:
            return None
        document, version = await self._found(session, known)
        if document.state == "failed":
            await self._queue_again(session, document, version)
        return Added(document.id, True)

    async def _insert(self, version: DocumentVersion, *, name: str, warning: str | None) -> Added | None:
        """Store the rows; or return the document that somebody else made of the same bytes in the meantime."""
        async with self.database.unit(self.principal.tenant_id) as session:
            lock = f"document:{self.principal.tenant_id}:{version.sha256.hex()}"
            await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(lock, 0))))
            if known := await self._same_bytes(session, version.sha256):
                return known
            document = Document(
                tenant_id=self.principal.tenant_id,
                id=version.document_id,
                name=name,
                warnings=[warning] if warning else [],
                created_by=self.principal.user_id,
            )
            session.add(document)
            await session.flush()
            version.tenant_id = self.principal.tenant_id
            session.add(version)
            await self._queue(session, version)
            after = NamedDocument(name=name)
            await record(session, self.principal, DocumentAction.UPLOADED, target=document.id, after=after)
            emit(session, DocumentUploaded(document_id=document.id))
        return None

    async def _queue_again(self, session: AsyncSession, document: Document, version: DocumentVersion) -> None:
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
    ) -> tuple[Document, DocumentVersion]:
        """What everybody may see, whoever's role allows it may change; what is restricted takes a level as well.

        Asked before anything is read, so that a hidden document costs what one costs that is not there.
        """
        await self._require_level(session, document_id, level=Level.VIEW)
        document, version = await self._found(session, document_id)
        if document.visibility == "restricted":
            await self._require_level(session, document_id, level=level)
        return document, version

    async def _require_level(self, session: AsyncSession, document_id: UUID, *, level: Level) -> None:
        try:
            await require_access(session, self.principal, DOCUMENT, document_id, level=level)
        except NotFound as error:
            raise DocumentNotFound from error

    async def _found(self, session: AsyncSession, document_id: UUID) -> tuple[Document, DocumentVersion]:
        document = await session.get(Document, (self.principal.tenant_id, document_id))
        if document is None:
            raise DocumentNotFound
        return document, await _newest(session, document_id)


async def erase(session: AsyncSession, actor: Principal, document: Document, *, jobs: JobQueue) -> None:
    """Delete a document, whoever uploaded it: its rows now, its bytes by a job. The caller has asked who may."""
    version = await _newest(session, document.id)
    await _cancel_jobs(session, document.id)
    await jobs.enqueue(session, ERASE, EraseFile(storage_key=version.storage_key))
    before = NamedDocument(name=document.name)
    await record(session, actor, DocumentAction.DELETED, target=document.id, before=before)
    emit(session, DocumentDeleted(document_id=document.id))
    await session.delete(document)


async def _newest(session: AsyncSession, document_id: UUID) -> DocumentVersion:
    of_document = select(DocumentVersion).where(DocumentVersion.document_id == document_id)
    version = await session.scalar(of_document.order_by(DocumentVersion.number.desc()).limit(1))
    if version is None:
        raise DocumentNotFound
    return version


def _examined(name: str, data: bytes) -> tuple[Recognised, bytes]:
    return recognise(name, data=data), hashlib.sha256(data).digest()


async def _cancel_jobs(session: AsyncSession, document_id: UUID) -> None:
    own = Job.subject == document_id
    await session.execute(update(Job).where(own, Job.state == "queued").values(state="cancelled"))
    await session.execute(update(Job).where(own, Job.state == "running").values(cancel_requested=True))
