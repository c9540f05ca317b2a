"""Collections, and what is put into them."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from chatter.documents.schemas import (
    Collection,
    CollectionCreate,
    CollectionList,
    CollectionUpdate,
    DocumentMove,
    Moved,
    MovedDocument,
)
from chatter_dashboard.api.calls import Calls

__all__ = ["CollectionsApi"]

_AT_ONCE = 200


class CollectionsApi:
    """`/collections`, `/documents/move`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def all(self) -> list[Collection]:
        """Those that one sees, by name."""
        return (await self._calls.get("/collections", CollectionList)).items

    async def create(self, data: CollectionCreate) -> Collection:
        """Make one, which is one's own."""
        return await self._calls.send("POST", "/collections", Collection, body=data)

    async def update(self, collection_id: UUID, change: CollectionUpdate) -> Collection:
        """Rename it, or decide who sees it and what is in it."""
        return await self._calls.send("PATCH", f"/collections/{collection_id}", Collection, body=change)

    async def delete(self, collection_id: UUID, *, documents: Literal["keep", "delete"]) -> None:
        """Delete it, with its documents or without."""
        await self._calls.act("DELETE", f"/collections/{collection_id}?documents={documents}")

    async def move(self, document_ids: Sequence[UUID], *, into: UUID | None) -> list[MovedDocument]:
        """Put documents into a collection, or (None) into none; answers where each was before."""
        moved: list[MovedDocument] = []
        for start in range(0, len(document_ids), _AT_ONCE):
            body = DocumentMove(document_ids=list(document_ids[start : start + _AT_ONCE]), collection_id=into)
            moved += (await self._calls.send("POST", "/documents/move", Moved, body=body)).items
        return moved
