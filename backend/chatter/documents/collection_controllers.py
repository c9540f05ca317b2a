"""The routes of collections, and of putting documents into them."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.documents.collections import CollectionService, Fate
from chatter.documents.moving import move
from chatter.documents.permissions import DocumentAction, DocumentPermission
from chatter.documents.schemas import (
    Collection,
    CollectionCreate,
    CollectionList,
    CollectionUpdate,
    DocumentMove,
    Moved,
)
from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.rbac.facade import Authorizer

__all__ = ["CollectionController", "MoveController"]

_READ = route(permission=DocumentPermission.COLLECTION_READ)
Documents = Annotated[
    Fate,
    QueryParameter(
        name="documents",
        description="What becomes of what is in it: `keep` it, seen by nobody more than before, or `delete` it too.",
    ),
]


class CollectionController(Controller):
    """`/collections`"""

    path = "/collections"
    tags = ("Documents",)

    @get(operation_id="ListCollections", summary="The collections that you see, by name", opt=_READ)
    async def index(self, collections: CollectionService) -> CollectionList:
        return await collections.collections()

    @post(
        operation_id="CreateCollection",
        summary="Make a collection of documents",
        opt=route(permission=DocumentPermission.COLLECTION_CREATE, audit=DocumentAction.COLLECTION_CREATED),
    )
    async def create(self, collections: CollectionService, data: CollectionCreate) -> Collection:
        return await collections.create(data)

    @get("/{collection_id:uuid}", operation_id="GetCollection", summary="A collection", opt=_READ)
    async def show(self, collection_id: UUID, collections: CollectionService) -> Collection:
        return await collections.collection(collection_id)

    @patch(
        "/{collection_id:uuid}",
        operation_id="UpdateCollection",
        summary="Rename a collection, or decide who sees it and its documents",
        opt=route(permission=DocumentPermission.COLLECTION_UPDATE, audit=DocumentAction.COLLECTION_UPDATED),
    )
    async def update(self, collection_id: UUID, collections: CollectionService, data: CollectionUpdate) -> Collection:
        return await collections.update(collection_id, data)

    @delete(
        "/{collection_id:uuid}",
        operation_id="DeleteCollection",
        summary="Delete a collection, with its documents or without",
        opt=route(permission=DocumentPermission.COLLECTION_DELETE, audit=DocumentAction.COLLECTION_DELETED),
        status_code=HTTP_204_NO_CONTENT,
    )
    async def remove(
        self, collection_id: UUID, collections: CollectionService, documents_inside: Documents = "keep"
    ) -> None:
        await collections.delete(collection_id, documents=documents_inside)


class MoveController(Controller):
    """`/documents/move`"""

    path = "/documents/move"
    tags = ("Documents",)

    @post(
        operation_id="MoveDocuments",
        summary="Put documents into a collection, or take them out; all of them or none",
        opt=route(permission=DocumentPermission.UPDATE, audit=DocumentAction.MOVED),
        status_code=HTTP_200_OK,
    )
    async def move(
        self, session: AsyncSession, principal: Principal, authorizer: Authorizer, data: DocumentMove
    ) -> Moved:
        return await move(session, principal, authorizer, data=data)
