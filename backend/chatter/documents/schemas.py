"""Documents, as the API shows them. Offsets count Unicode characters and point into the text of one page."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from chatter.kit.resources import Level
from chatter.kit.schema import Problem, Schema

__all__ = [
    "Chunk",
    "Collection",
    "CollectionCreate",
    "CollectionList",
    "CollectionUpdate",
    "Document",
    "DocumentError",
    "DocumentMove",
    "DocumentStage",
    "DocumentState",
    "DocumentUpdate",
    "Hit",
    "Moved",
    "MovedDocument",
    "Passage",
    "SearchRequest",
    "SearchResults",
    "TextPage",
    "TextPages",
    "Upload",
    "Uploads",
    "Visibility",
]

DocumentState = Literal["queued", "processing", "ready", "failed"]
Visibility = Literal["organization", "restricted"]
DocumentStage = Literal["stored", "extracting", "chunking", "embedding", "ready"]
FileName = Annotated[str, Meta(examples=["Staff handbook.pdf"])]
Offset = Annotated[int, Meta(ge=0, examples=[120])]
PageNumber = Annotated[int, Meta(ge=1, examples=[3])]


class DocumentError(Schema, frozen=True):
    """Why a document could not be read, and what its owner can do."""

    code: Annotated[str, Meta(examples=["document_password_protected"])]
    detail: Annotated[str, Meta(examples=["The file can't be opened without its password."])]
    remedy: str | None = None


class Document(Schema, frozen=True):
    """A document of the organisation, and how far its reading has come."""

    id: UUID
    name: FileName
    file_type: Annotated[str, Meta(examples=["pdf"])]
    media_type: Annotated[str, Meta(examples=["application/pdf"])]
    size_bytes: Annotated[int, Meta(examples=[48213])]
    state: DocumentState
    stage: DocumentStage
    done: Annotated[int, Meta(description="Passages that can be found already.", examples=[64])]
    total: Annotated[int, Meta(description="Passages in all; 0 until the text has been read.", examples=[120])]
    page_count: int
    chunk_count: int
    warnings: list[str]
    error: DocumentError | None
    created_by: UUID
    visibility: Annotated[
        Visibility, Meta(description="Whether everybody may see it, or only its owner and whom it is shared with.")
    ]
    collection_id: Annotated[UUID | None, Meta(description="The collection it is in, if there is one and you see it.")]
    access: Annotated[Level, Meta(description="How far your own access goes.")]
    created_at: datetime
    updated_at: datetime


class DocumentUpdate(Schema, frozen=True):
    """What its owner, or who manages it, may change."""

    visibility: Visibility


class DocumentMove(Schema, frozen=True):
    """Documents to put into a collection, or to take out of the one they are in."""

    document_ids: Annotated[list[UUID], Meta(min_length=1, max_length=200)]
    collection_id: Annotated[UUID | None, Meta(description="null: into none.")]


class MovedDocument(Schema, frozen=True):
    """A document that was somewhere else before."""

    document_id: UUID
    was_in: Annotated[UUID | None, Meta(description="null for none, and for one that you don't see.")]


class Moved(Schema, frozen=True):
    """Those that were not there already; with it the move can be undone."""

    items: list[MovedDocument]


CollectionName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S", examples=["Staff"])]
CollectionDescription = Annotated[str, Meta(max_length=300, examples=["Leave, pay and rules"])]


class Collection(Schema, frozen=True):
    """Documents that belong together; what is granted on it holds for each of them."""

    id: UUID
    name: CollectionName
    description: CollectionDescription
    visibility: Annotated[
        Visibility, Meta(description="When restricted, its documents are kept to those it is shared with as well.")
    ]
    created_by: UUID
    access: Annotated[Level | None, Meta(description="How far your own access goes; null for who only administers it.")]
    created_at: datetime
    updated_at: datetime


class CollectionList(Schema, frozen=True):
    """Those that you see, by name; five hundred at most."""

    items: list[Collection]


class CollectionCreate(Schema, frozen=True):
    """A new collection, which is yours."""

    name: CollectionName
    description: CollectionDescription = ""
    visibility: Visibility = "organization"


class CollectionUpdate(Schema, frozen=True):
    """What to change of a collection; what is left out stays."""

    name: CollectionName | UnsetType = UNSET
    description: CollectionDescription | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET


class Upload(Schema, frozen=True):
    """What became of one file: a document or a problem."""

    name: FileName
    document: Document | None = None
    duplicate: Annotated[bool, Meta(description="The organisation had these very bytes; no copy was made.")] = False
    problem: Problem | None = None


class Uploads(Schema, frozen=True):
    """One entry for each file, in the order in which they came."""

    items: list[Upload]


class TextPage(Schema, frozen=True):
    """The text of a page, slide, sheet or part."""

    page: PageNumber
    text: str


class TextPages(Schema, frozen=True):
    """Pages in order. Pages without text are left out."""

    items: list[TextPage]
    next_page: Annotated[int | None, Meta(description="Where to go on; null at the end.")] = None


class Chunk(Schema, frozen=True):
    """A passage: what search finds and answers cite."""

    id: UUID
    ordinal: int
    page: PageNumber
    start: Offset
    end: Offset
    context: Annotated[str, Meta(examples=["Staff handbook \u203a Leave"])]
    text: str


class Passage(Schema, frozen=True):
    """A passage within its page: page_text[start:end] is its text."""

    chunk_id: UUID
    document_id: UUID
    document_name: FileName
    page: PageNumber
    page_text: str
    start: Offset
    end: Offset
    text: str


class SearchRequest(Schema, frozen=True):
    """What to look for, in words or as a question."""

    query: Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"\S", examples=["How many days of leave?"])]
    limit: Annotated[int, Meta(ge=1, le=50)] = 10
    collection_ids: Annotated[
        Annotated[list[UUID], Meta(max_length=100)] | None,
        Meta(description="Only in these; null for all. One that you don't see holds nothing."),
    ] = None


class Hit(Schema, frozen=True):
    """A passage that was found."""

    chunk_id: UUID
    document_id: UUID
    document_name: FileName
    page: PageNumber
    start: Offset
    end: Offset
    context: str
    text: str
    score: Annotated[float, Meta(description="Orders the hits of one search; not comparable between searches.")]
    similarity: Annotated[float, Meta(description="Cosine similarity of meaning, -1 to 1.", examples=[0.62])]


class SearchResults(Schema, frozen=True):
    """Hits, best first."""

    items: list[Hit]
