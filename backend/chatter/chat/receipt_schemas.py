"""The receipt of an answer, as the API shows it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from chatter.kit.schema import Schema

__all__ = ["PromptMessage", "Receipt", "ReceiptCall", "ReceiptPassage"]

Money = Annotated[
    str | None,
    Meta(description="Dollars of the United States, exact; null when nobody knew the price.", examples=["0.0042"]),
]


class ReceiptCall(Schema, frozen=True, kw_only=True):
    """One call to a model. A query is the question as it was searched."""

    purpose: Literal["answer", "query", "passages", "test"]
    outcome: Literal["complete", "cut", "stopped", "refused"]
    source: Annotated[
        Literal["reported", "estimated"],
        Meta(description="Counted by the provider, or estimated because it did not say."),
    ]
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: Annotated[int, Meta(description="Of the input.")]
    reasoning_tokens: Annotated[int, Meta(description="Of the output.")]
    cost: Money
    input_price: Annotated[Money, Meta(description="Of a million tokens, on that day.")]
    output_price: Money
    first_token_ms: int | None
    whole_ms: int


class ReceiptPassage(Schema, frozen=True, kw_only=True):
    """A passage that was found, with its score."""

    n: int
    document_id: UUID | None
    document_name: str
    page: int | None
    score: float


class PromptMessage(Schema, frozen=True, kw_only=True):
    """One message of the prompt."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str


class Receipt(Schema, frozen=True, kw_only=True):
    """What an answer was made of, and what it took."""

    run_id: Annotated[UUID | None, Meta(description="Whose timeline tells of each step.")]
    model: str | None
    provider: str | None
    outcome: Literal["answered", "no_evidence", "cancelled"] | None
    asked_at: datetime
    finished_at: datetime | None
    whole_ms: Annotated[int | None, Meta(description="From the question to the end of the answer.")]
    first_token_ms: Annotated[int | None, Meta(description="How long the model took to begin.")]
    calls: list[ReceiptCall]
    cost: Money
    prompt: Annotated[
        list[PromptMessage], Meta(description="Put together from what is still there; empty when no model was asked.")
    ]
    prompt_is_exact: Annotated[
        bool, Meta(description="Whether it is what was sent. A document that is gone or hidden since is missing in it.")
    ]
    passages: list[ReceiptPassage]
