"""Documents, as the API shows them. Offsets count Unicode characters and point into the text of one page."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from chatter.kit.resources import Level
from chatter.kit.schema import Problem, Schema

__all__ = [
    "Chunk",
    "Document",
    "DocumentError",
    "DocumentStage",
    "DocumentState",
    "DocumentUpdate",
    "Hit",
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
    access: Annotated[Level, Meta(description="How far your own access goes.")]
    created_at: datetime
    updated_at: datetime


class DocumentUpdate(Schema, frozen=True):
    """What its owner, or who manages it, may change."""

    visibility: Visibility


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
