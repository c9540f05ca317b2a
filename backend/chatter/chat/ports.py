"""What a turn needs of other domains, in chat's own words."""

import enum
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from chatter.chat.schemas import PassageFound
from chatter.llm.ports import ChatDelta, ChatMessage, ToolSpec
from chatter.usage.facade import Billed, Ledger

__all__ = ["Evidence", "Findings", "Knowledge", "Speaker"]


class Evidence(enum.StrEnum):
    """What the search says about a question, before any model is asked."""

    ENOUGH = "enough"
    WEAK = "weak"
    NO_DOCUMENTS = "no_documents"
    NOTHING_CHOSEN = "nothing_chosen"
    """There may be documents, but none in the collections that were chosen."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The passages for a question, best first, and whether they can answer it."""

    passages: list[PassageFound]
    evidence: Evidence


class Knowledge(Protocol):
    """The documents of an organisation."""

    async def find(
        self, tenant_id: UUID, *, user_id: UUID, query: str, collection_ids: Sequence[UUID] | None, ledger: Ledger
    ) -> Findings:
        """Search what the person may see, in some collections or (None) in everything, and judge what was found.

        What the search asked of models goes into the ledger.
        """
        ...


class Speaker(Protocol):
    """A model that has been resolved for one organisation."""

    @property
    def label(self) -> str: ...
    @property
    def small(self) -> bool: ...
    @property
    def billed(self) -> Billed: ...
    @property
    def continues(self) -> bool: ...

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        ledger: Ledger,
        max_tokens: int,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        continues: bool = False,
        tools: Sequence[ToolSpec] = (),
    ) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it comes; raises a ChatterError when it fails or is cut short.

        With `continues`, the last message is the answer's beginning, which is not repeated.
        """
        ...
