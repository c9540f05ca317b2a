"""Documents and search."""

from uuid import UUID

from chatter.documents.schemas import Document, DocumentUpdate, Hit, SearchRequest, SearchResults, Visibility
from chatter.kit.schema import Page
from chatter_dashboard.api.calls import Calls

__all__ = ["DocumentsApi"]


class DocumentsApi:
    """`/documents`, `/search`; files are uploaded by the browser itself."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def page(
        self,
        *,
        state: str = "",
        query: str = "",
        collection_id: UUID | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Document]:
        """Newest first; `state`, `query` and the collection narrow the list."""
        parameters: dict[str, str | int | None] = {"state": state, "query": query, "cursor": cursor, "limit": limit}
        parameters["collection_id"] = str(collection_id) if collection_id else None
        return await self._calls.get("/documents", Page[Document], query=parameters)

    async def one(self, document_id: UUID) -> Document:
        """A document without its text."""
        return await self._calls.get(f"/documents/{document_id}", Document)

    async def set_visibility(self, document_id: UUID, visibility: Visibility) -> None:
        """Open a document to everybody, or keep it to those it is shared with."""
        body = DocumentUpdate(visibility=visibility)
        await self._calls.send("PATCH", f"/documents/{document_id}", DocumentUpdate, body=body)

    async def delete(self, document_id: UUID) -> None:
        """Delete a document with its text, passages and vectors."""
        await self._calls.act("DELETE", f"/documents/{document_id}")

    async def retry(self, document_id: UUID) -> None:
        """Read a document that failed once more."""
        await self._calls.act("POST", f"/documents/{document_id}/retry")

    async def search(self, query: str, *, limit: int = 12) -> list[Hit]:
        """The passages that fit best, best first."""
        body = SearchRequest(query=query, limit=limit)
        return (await self._calls.send("POST", "/search", SearchResults, body=body)).items
