"""What models took, as the API shows it. Amounts of money are decimals in text: exact."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from chatter.kit.schema import Schema

__all__ = [
    "Cost",
    "Outcome",
    "ProviderHealth",
    "ProviderHealthList",
    "Purpose",
    "Source",
    "UsageDay",
    "UsageSummary",
    "UsedCall",
    "UsedModel",
]

Cost = Annotated[
    str | None,
    Meta(description="In dollars of the United States; null when nobody knew the price.", examples=["0.0042"]),
]
Purpose = Literal["answer", "query", "passages", "test"]
Outcome = Annotated[
    Literal["complete", "cut", "stopped", "refused"],
    Meta(description="Complete; cut by the provider; stopped by us; or refused before anything came."),
]
Source = Annotated[
    Literal["reported", "estimated"], Meta(description="Counted by the provider, or estimated because it did not say.")
]


class UsedModel(Schema, frozen=True, kw_only=True):
    """What one model took in the period."""

    provider: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: Annotated[int, Meta(description="Of the input.")]
    reasoning_tokens: Annotated[int, Meta(description="Of the output.")]
    embeddings: int
    images: int
    cost: Cost
    unpriced_calls: Annotated[int, Meta(description="Calls whose price nobody knew: the cost leaves them out.")]


class UsageDay(Schema, frozen=True, kw_only=True):
    """One day (UTC)."""

    day: date
    calls: int
    cost: Cost


class UsageSummary(Schema, frozen=True, kw_only=True):
    """What the organisation's calls took: what providers reported, and apart from it what had to be estimated."""

    days: list[UsageDay]
    """Every day of the period with calls, oldest first."""
    reported: list[UsedModel]
    estimated: list[UsedModel]
    """Calls that were cut or stopped, or whose provider does not count."""
    cost: Cost
    estimated_cost: Cost
    prices_from: str
    prices_taken: date


class ProviderHealth(Schema, frozen=True, kw_only=True):
    """How a provider did in the last 24 hours, in every process."""

    provider_id: UUID
    state: Annotated[Literal["answering", "failing"], Meta(description="By its last call.")]
    calls: int
    failures: int
    first_token_ms: Annotated[int | None, Meta(description="Half of the answers began faster.")]
    last_error: Annotated[str | None, Meta(description="The code of the last problem.", examples=["provider_busy"])]
    last_error_at: datetime | None


class ProviderHealthList(Schema, frozen=True, kw_only=True):
    """The providers that were asked lately."""

    items: list[ProviderHealth]


class UsedCall(Schema, frozen=True, kw_only=True):
    """One call to a model."""

    id: UUID
    at: datetime
    purpose: Purpose
    outcome: Outcome
    source: Source
    user_id: UUID | None
    subject_id: UUID | None
    run_id: UUID | None
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    images: int
    embeddings: int
    input_price: Cost
    output_price: Cost
    cached_price: Cost
    cost: Cost
    first_token_ms: int | None
    whole_ms: int
