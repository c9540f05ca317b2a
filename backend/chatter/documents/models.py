"""Collections, documents and their versions. Pages, passages, vectors and statistics are for SQL alone, in bulk."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import BigInteger, DateTime

from chatter.kit.db.base import TenantModel, Timestamps

__all__ = ["Collection", "Document", "DocumentVersion"]


class Collection(Timestamps, TenantModel):
    """Documents that belong together; what is granted on it holds for each of them."""

    __tablename__ = "collection"
    __table_args__ = (CheckConstraint("visibility in ('organization', 'restricted')", name="collection_visibility"),)

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    visibility: Mapped[str] = mapped_column(default="organization", server_default="organization")
    created_by: Mapped[UUID]


class Document(Timestamps, TenantModel):
    """What a person uploaded, and how far its reading has come."""

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint("state in ('queued', 'processing', 'ready', 'failed')", name="document_state"),
        CheckConstraint("visibility in ('organization', 'restricted')", name="document_visibility"),
        ForeignKeyConstraint(
            ["tenant_id", "collection_id"],
            ["collection.tenant_id", "collection.id"],
            name="document_collection_fkey",
            ondelete="SET NULL (collection_id)",
        ),
        CheckConstraint("stage in ('stored', 'extracting', 'chunking', 'embedding', 'ready')", name="document_stage"),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued")
    stage: Mapped[str] = mapped_column(default="stored")
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    page_count: Mapped[int] = mapped_column(default=0, server_default="0")
    chunk_count: Mapped[int] = mapped_column(default=0, server_default="0")
    warnings: Mapped[list[str]] = mapped_column(ARRAY(TEXT), default=list, server_default=text("'{}'"))
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    error_remedy: Mapped[str | None]
    created_by: Mapped[UUID]
    visibility: Mapped[str] = mapped_column(default="organization", server_default="organization")
    """Whether everybody may see it, or only who made it and who was let in."""
    collection_id: Mapped[UUID | None]


class DocumentVersion(TenantModel):
    """The bytes of a document at one time."""

    __tablename__ = "document_version"
    __table_args__ = (
        UniqueConstraint("tenant_id", "document_id", "number", name="document_version_number"),
        Index("document_version_content", "tenant_id", "sha256"),
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"], ondelete="CASCADE"),
    )

    document_id: Mapped[UUID]
    number: Mapped[int]
    file_type: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes]
    storage_key: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
