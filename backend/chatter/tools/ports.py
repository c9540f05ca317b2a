"""What a tool is, whoever makes it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

import msgspec

__all__ = ["CallContext", "Tool"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallContext:
    """In whose name a tool is called, and by which call."""

    tenant_id: UUID
    user_id: UUID
    """The person who asked: the tool sees and does what they may."""
    run_id: UUID
    fence: int
    key: str
    """The same for the same call, also when another process repeats it: pass it on to whoever can tell repetitions."""


class Tool(Protocol):
    """Something that a model may call."""

    name: str
    label: str
    description: str
    """For the model."""
    parameters: type[msgspec.Struct]
    """The arguments; its JSON schema is what the model is given."""
    permission: StrEnum
    """Without it, a question can't offer the tool."""
    effect: bool
    """Whether it changes something, or only reads."""
    idempotent: bool
    """Whether a call with the same key may be repeated: only then is one whose outcome is unknown."""

    async def call(self, arguments: Any, context: CallContext) -> str:
        """Do it, and say what came of it; raises a ChatterError, which the model is told of."""
        ...
