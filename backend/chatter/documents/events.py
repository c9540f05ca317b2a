"""What other domains may hear about documents."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = [
    "CollectionCreated",
    "CollectionDeleted",
    "CollectionHandedOver",
    "CollectionUpdated",
    "DocumentDeleted",
    "DocumentFailed",
    "DocumentHandedOver",
    "DocumentMoved",
    "DocumentReady",
    "DocumentRetried",
    "DocumentUpdated",
    "DocumentUploaded",
]


class DocumentUploaded(Event, frozen=True):
    name: ClassVar[str] = "documents.document.uploaded"
    document_id: UUID


class DocumentReady(Event, frozen=True):
    name: ClassVar[str] = "documents.document.ready"
    document_id: UUID


class DocumentRetried(Event, frozen=True):
    """It is read once more."""

    name: ClassVar[str] = "documents.document.retried"
    document_id: UUID


class DocumentFailed(Event, frozen=True):
    name: ClassVar[str] = "documents.document.failed"
    document_id: UUID
    code: str


class DocumentHandedOver(Event, frozen=True):
    """It belongs to another person now."""

    name: ClassVar[str] = "documents.document.handed_over"
    document_id: UUID
    user_id: UUID


class DocumentUpdated(Event, frozen=True):
    name: ClassVar[str] = "documents.document.updated"
    document_id: UUID
    visibility: str


class DocumentDeleted(Event, frozen=True):
    name: ClassVar[str] = "documents.document.deleted"
    document_id: UUID


class DocumentMoved(Event, frozen=True):
    """It is in another collection now, or in none."""

    name: ClassVar[str] = "documents.document.moved"
    document_id: UUID
    collection_id: UUID | None


class CollectionCreated(Event, frozen=True):
    name: ClassVar[str] = "documents.collection.created"
    collection_id: UUID


class CollectionUpdated(Event, frozen=True):
    name: ClassVar[str] = "documents.collection.updated"
    collection_id: UUID
    visibility: str


class CollectionHandedOver(Event, frozen=True):
    """It belongs to another person now."""

    name: ClassVar[str] = "documents.collection.handed_over"
    collection_id: UUID
    user_id: UUID


class CollectionDeleted(Event, frozen=True):
    name: ClassVar[str] = "documents.collection.deleted"
    collection_id: UUID
