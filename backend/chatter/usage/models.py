"""The table of what calls to models took."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Integer, LargeBinary, Numeric, func
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import TenantModel

__all__ = ["ModelUsage"]


class ModelUsage(TenantModel):
    """One call to a model; rows are only ever added, by `record_model_usage`. Who and what it was for may be gone."""

    __tablename__ = "model_usage"
    __table_args__ = (
        CheckConstraint("purpose in ('answer', 'query', 'passages', 'test')", name="model_usage_purpose"),
        CheckConstraint("outcome in ('complete', 'cut', 'stopped', 'refused')", name="model_usage_outcome"),
        CheckConstraint("source in ('reported', 'estimated')", name="model_usage_source"),
        CheckConstraint(
            "input_tokens >= 0 and output_tokens >= 0 and images >= 0 and embeddings >= 0"
            " and cached_tokens between 0 and input_tokens and reasoning_tokens between 0 and output_tokens",
            name="model_usage_counts",
        ),
        CheckConstraint("(cost is null) = (currency is null) and cost >= 0", name="model_usage_cost"),
        Index("model_usage_at", "tenant_id", "at", "id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    purpose: Mapped[str]
    outcome: Mapped[str]
    """Complete; cut by the provider; stopped by us; or refused before anything came."""
    source: Mapped[str]
    """Reported by the provider, or estimated by us."""
    user_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    """The answer or the document that it was for."""
    run_id: Mapped[UUID | None]
    model_id: Mapped[UUID | None]
    model: Mapped[str]
    provider: Mapped[str]
    provider_id: Mapped[UUID | None]
    error_code: Mapped[str | None]
    """What went wrong, as problems name it."""
    input_tokens: Mapped[int] = mapped_column(BigInteger)
    output_tokens: Mapped[int] = mapped_column(BigInteger)
    cached_tokens: Mapped[int] = mapped_column(BigInteger)
    """Of the input."""
    reasoning_tokens: Mapped[int] = mapped_column(BigInteger)
    """Of the output."""
    images: Mapped[int] = mapped_column(Integer)
    embeddings: Mapped[int] = mapped_column(Integer)
    input_price: Mapped[Decimal | None] = mapped_column(Numeric(20, 9))
    """Of a million tokens, on that day."""
    output_price: Mapped[Decimal | None] = mapped_column(Numeric(20, 9))
    cached_price: Mapped[Decimal | None] = mapped_column(Numeric(20, 9))
    cost: Mapped[Decimal | None] = mapped_column(Numeric(30, 15))
    """Null when nobody knew the price."""
    currency: Mapped[str | None]
    first_token_ms: Mapped[int | None]
    whole_ms: Mapped[int]
    prompt_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
