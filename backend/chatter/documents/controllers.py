"""The routes of documents and search."""

from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from litestar import Controller, Request, delete, get, patch, post
from litestar.params import QueryParameter
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.documents.errors import DocumentNotFound, DocumentTooLarge
from chatter.documents.file_names import sanitised_name
from chatter.documents.openapi import UploadOperation
from chatter.documents.permissions import DocumentAction, DocumentPermission
from chatter.documents.repository import DocumentRepository
from chatter.documents.schemas import (
    Chunk,
    Document,
    DocumentUpdate,
    Hit,
    Passage,
    SearchRequest,
    SearchResults,
    TextPages,
    Upload,
    Uploads,
)
from chatter.documents.search import DocumentEmbedder, FoundPassage, retrieve
from chatter.documents.service import DocumentService
from chatter.documents.uploads import ReceivedFile, received_files
from chatter.kit.db.database import Database
from chatter.kit.errors import ChatterError
from chatter.kit.identifiers import new_id
from chatter.kit.pagination import Cursor
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route
from chatter.kit.schema import Page
from chatter.kit.settings import Settings
from chatter.kit.storage import ObjectStore
from chatter.kit.web.problems import problem_of
from chatter.usage.facade import Ledger, recording

__all__ = ["DocumentController", "SearchController"]

CHUNKS_PER_PAGE = 50
_READ = route(permission=DocumentPermission.READ)
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class DocumentController(Controller):
    """`/documents`"""

    path = "/documents"
    tags = ("Documents",)

    @post(
        operation_id="UploadDocuments",
        summary="Upload files; each is judged alone",
        opt=route(permission=DocumentPermission.CREATE, audit=DocumentAction.UPLOADED, limit=Kind.UPLOAD),
        operation_class=UploadOperation,
        request_max_body_size=None,  # each file has its own limit, and what is beyond it is thrown away as it comes
    )
    async def upload(
        self,
        request: Request[Any, Any, Any],
        settings: Settings,
        documents: DocumentService,
        document_repository: DocumentRepository,
        collection_id: Annotated[UUID | None, QueryParameter(description="The collection to put them into.")] = None,
    ) -> Uploads:
        limit = settings.max_upload_bytes
        into = documents if collection_id is None else await documents.within(collection_id)
        files = received_files(request, limit=limit)
        return Uploads(items=[await _upload(file, into, document_repository, limit=limit) async for file in files])

    @get(operation_id="ListDocuments", summary="Documents, newest first", opt=_READ)
    async def index(
        self,
        *,
        document_repository: DocumentRepository,
        cursor: str | None = None,
        limit: Limit = 50,
        in_state: Annotated[
            Literal["", "queued", "processing", "ready", "failed"],
            QueryParameter(name="state", description="Only these."),
        ] = "",
        named: Annotated[str, QueryParameter(name="query", max_length=200, description="A part of the name.")] = "",
        collection_id: Annotated[UUID | None, QueryParameter(description="Only those in this collection.")] = None,
    ) -> Page[Document]:
        after = Cursor.decode(cursor)
        found = await document_repository.newest(
            state=in_state, query=named, collection_id=collection_id, after=after, limit=limit + 1
        )
        last = found[limit - 1] if len(found) > limit else None
        return Page(items=found[:limit], next_cursor=Cursor(last.created_at, last.id).encode() if last else None)

    @get("/{document_id:uuid}", operation_id="GetDocument", summary="A document and its progress", opt=_READ)
    async def show(self, document_id: UUID, document_repository: DocumentRepository) -> Document:
        return await _one(document_repository, document_id)

    @patch(
        "/{document_id:uuid}",
        operation_id="UpdateDocument",
        summary="Decide who sees a document that you manage",
        opt=route(permission=DocumentPermission.UPDATE, audit=DocumentAction.UPDATED),
    )
    async def update(
        self, document_id: UUID, session: AsyncSession, documents: DocumentService, data: DocumentUpdate
    ) -> DocumentUpdate:
        await documents.update(session, document_id, change=data)
        return data

    @delete(
        "/{document_id:uuid}",
        operation_id="DeleteDocument",
        summary="Delete a document with everything that was made from it",
        opt=route(permission=DocumentPermission.DELETE, audit=DocumentAction.DELETED),
        status_code=HTTP_204_NO_CONTENT,
    )
    async def remove(self, document_id: UUID, session: AsyncSession, documents: DocumentService) -> None:
        await documents.delete(session, document_id)

    @post(
        "/{document_id:uuid}/retry",
        operation_id="RetryDocument",
        summary="Read a failed document once more",
        opt=route(permission=DocumentPermission.CREATE, audit=DocumentAction.RETRIED),
        status_code=HTTP_202_ACCEPTED,
    )
    async def retry(self, document_id: UUID, session: AsyncSession, documents: DocumentService) -> None:
        await documents.retry(session, document_id)

    @get(
        "/{document_id:uuid}/content",
        operation_id="DownloadDocument",
        summary="The original file",
        opt=_READ,
        media_type="application/octet-stream",
    )
    async def content(
        self, document_id: UUID, document_repository: DocumentRepository, store: ObjectStore, principal: Principal
    ) -> Stream:
        found = await document_repository.stored_file(document_id)
        if found is None:
            raise DocumentNotFound
        key, file_type, name = found
        return Stream(
            await store.stream(principal.tenant_id, key), media_type=file_type.media_type, headers=_download(name)
        )

    @get("/{document_id:uuid}/pages", operation_id="ListPages", summary="The text, page by page", opt=_READ)
    async def pages(
        self,
        document_id: UUID,
        document_repository: DocumentRepository,
        first: Annotated[int, QueryParameter(name="from", ge=1, le=10**9)] = 1,
        limit: Annotated[int, QueryParameter(ge=1, le=50)] = 10,
    ) -> TextPages:
        await _one(document_repository, document_id)
        found = await document_repository.pages(document_id, first=first, limit=limit + 1)
        return TextPages(items=found[:limit], next_page=found[limit].page if len(found) > limit else None)

    @get("/{document_id:uuid}/chunks", operation_id="ListChunks", summary="The passages, in order", opt=_READ)
    async def chunks(
        self,
        document_id: UUID,
        document_repository: DocumentRepository,
        cursor: Annotated[str | None, QueryParameter(pattern=r"^\d{1,9}$")] = None,
    ) -> Page[Chunk]:
        await _one(document_repository, document_id)
        found = await document_repository.chunks(document_id, first=int(cursor or 0), limit=CHUNKS_PER_PAGE + 1)
        more = len(found) > CHUNKS_PER_PAGE
        return Page(items=found[:CHUNKS_PER_PAGE], next_cursor=str(found[-1].ordinal) if more else None)

    @get(
        "/{document_id:uuid}/chunks/{chunk_id:uuid}",
        operation_id="GetPassage",
        summary="A passage within its page",
        opt=_READ,
    )
    async def passage(self, document_id: UUID, chunk_id: UUID, document_repository: DocumentRepository) -> Passage:
        found = await document_repository.passage(document_id, chunk_id)
        if found is None:
            raise DocumentNotFound
        return found


class SearchController(Controller):
    """`/search`"""

    path = "/search"
    tags = ("Documents",)

    @post(
        operation_id="Search",
        summary="Passages that fit, by meaning and by words",
        opt=route(permission=DocumentPermission.SEARCH, limit=Kind.QUESTION),
        status_code=HTTP_200_OK,
    )
    async def search(
        self, data: SearchRequest, database: Database, principal: Principal, document_embedder: DocumentEmbedder
    ) -> SearchResults:
        ledger = Ledger(purpose="query", origin=new_id(), user_id=principal.user_id)
        async with recording(database, principal.tenant_id, ledger):
            found = await retrieve(
                database,
                document_embedder.embedder,
                tenant_id=principal.tenant_id,
                user_id=principal.user_id,
                question=data.query,
                limit=data.limit,
                collection_ids=data.collection_ids,
                ledger=ledger,
            )
        return SearchResults(items=[_hit(passage) for passage in found.passages])


async def _upload(
    file: ReceivedFile, documents: DocumentService, repository: DocumentRepository, *, limit: int
) -> Upload:
    name = sanitised_name(file.name)
    try:
        if file.data is None:
            raise DocumentTooLarge.beyond(limit)
        added = await documents.add(name, data=file.data)
        shown = added.document or await _one(repository, added.document_id)
        return Upload(name=name, document=shown, duplicate=added.duplicate)
    except ChatterError as error:
        return Upload(name=name, problem=problem_of(error))


async def _one(repository: DocumentRepository, document_id: UUID) -> Document:
    found = await repository.document(document_id)
    if found is None:
        raise DocumentNotFound
    return found


def _download(name: str) -> dict[str, str]:
    """Saved, never shown: what people upload must not run in this site's name."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }


def _hit(passage: FoundPassage) -> Hit:
    return Hit(
        chunk_id=passage.chunk_id,
        document_id=passage.document_id,
        document_name=passage.document_name,
        page=passage.page,
        start=passage.start,
        end=passage.end,
        context=passage.context,
        text=passage.text,
        score=passage.score,
        similarity=passage.similarity,
    )
