"""A tool of tests whose effects are counted."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from chatter.kit.errors import UpstreamFailed
from chatter.tools.permissions import ToolPermission
from chatter.tools.ports import CallContext

__all__ = ["Crash", "Payment"]


class _Sum(msgspec.Struct):
    amount: int


class Crash(BaseException):
    """The process is gone in the middle of the call."""


@dataclass
class Payment:
    """Pays, and counts it; it can crash, fail, or hang once it has paid."""

    idempotent: bool
    effect: bool = True
    crashes: int = 0
    fails: bool = False
    hangs: bool = False
    paid: list[str] = field(default_factory=list)
    has_paid: asyncio.Event = field(default_factory=asyncio.Event)
    name: str = "pay"
    label: str = "Pay"
    description: str = "Pay an amount."
    parameters: type[msgspec.Struct] = _Sum
    permission: StrEnum = ToolPermission.READ

    async def call(self, arguments: _Sum, context: CallContext) -> str:
        self.paid.append(context.key)
        self.has_paid.set()
        if self.crashes:
            self.crashes -= 1
            raise Crash
        if self.fails:
            raise UpstreamFailed("The bank is closed.", remedy="Try again.")
        if self.hangs:
            await asyncio.Event().wait()
        return f"{arguments.amount} paid"
