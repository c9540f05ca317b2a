"""The tools of a process, and how one is called: at most once when it must be, with arguments that fit, on record."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from chatter.kit.db.database import Database
from chatter.kit.errors import ChatterError
from chatter.kit.storage import ObjectStore
from chatter.llm.ports import ToolCall, ToolSpec
from chatter.rbac.facade import Authorizer
from chatter.tools.errors import OutcomeUnknown, ToolUnknown
from chatter.tools.ledger import Ledger, Recorded
from chatter.tools.payloads import Payloads
from chatter.tools.ports import CallContext, Tool
from chatter.tools.schemas import OfferedTool, OpenQuestion

__all__ = ["Outcome", "Toolbox"]

_LONGEST_RESULT = 8000
_LONGEST_ARGUMENTS = 16_000
_LONGEST_KEPT = 1_000_000
"""Characters of a result that are kept; the model is told the first of them."""
_NUL = r"\u0000"
"""Which JSON can write and no text in Postgres can hold."""
_REFUSED = "It was refused: the person who asked may not use this tool any more."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the model is told of its call."""

    content: str
    misused: bool = False
    """The call could not be made: no such tool, or arguments that do not fit."""


class Toolbox:
    """Built-in tools come through the same door as those of others."""

    def __init__(self, database: Database, authorizer: Authorizer, *, store: ObjectStore) -> None:
        self._ledger = Ledger(database)
        self._payloads = Payloads(store)
        self._authorizer = authorizer
        self._tools: dict[str, Tool] = {}

    def add(self, tool: Tool) -> None:
        """Make a tool known to this process."""
        self._tools[tool.name] = tool

    def offered(self) -> list[OfferedTool]:
        """Every tool, as people choose it."""
        return [
            OfferedTool(
                name=tool.name,
                label=tool.label,
                description=tool.description,
                permission=tool.permission.value,
                effect=tool.effect,
            )
            for tool in self._tools.values()
        ]

    def named(self, names: Iterable[str]) -> list[Tool]:
        """The tools of these names; raises ToolUnknown."""
        found = [self._tools.get(name) for name in names]
        known = [tool for tool in found if tool is not None]
        if len(known) < len(found):
            raise ToolUnknown("A tool of this name does not exist.", remedy="GET /tools lists those that do.")
        return known

    def specs(self, names: Collection[str]) -> tuple[ToolSpec, ...]:
        """The tools as a model is given them; one that this process does not know is left out."""
        return tuple(_spec(self._tools[name]) for name in names if name in self._tools)

    def question(self, call: ToolCall) -> OpenQuestion:
        """What to ask the person about a call whose outcome nobody knows."""
        tool = self._tools.get(call.name)
        return OpenQuestion(tool_call_id=call.id, tool=call.name, label=tool.label if tool else call.name)

    async def call(self, call: ToolCall, context: CallContext, *, allowed: Collection[str]) -> Outcome:
        """Make a call, or find what came of it before; raises OutcomeUnknown when a person has to say that.

        Whether whoever asked may use the tool is decided anew: their role may have changed since the run began.
        """
        tool = self._tools.get(call.name) if call.name in allowed else None
        if tool is None:
            return Outcome("There is no such tool.", misused=True)
        try:
            arguments = _decoded(call.arguments, tool=tool)
        except (msgspec.MsgspecError, ValueError) as error:
            return Outcome(f"The arguments do not fit the tool: {str(error)[:300]}", misused=True)
        kept = await self._payloads.keep(context.tenant_id, call.arguments, without_storage=_LONGEST_ARGUMENTS)
        known = await self._ledger.begin(context, tool=tool.name, arguments=kept)
        if known.state in {"done", "failed"}:
            return Outcome((await self._payloads.whole(context.tenant_id, known.result))[:_LONGEST_RESULT])
        _check_repeatable(tool, known)
        if not await self._is_allowed(tool, context, role=known.role):
            await self._ledger.refuse(context, tool=tool.name, permission=tool.permission, told=_REFUSED)
            return Outcome(_REFUSED)
        return await self._made(tool, arguments, context)

    async def _is_allowed(self, tool: Tool, context: CallContext, *, role: str | None) -> bool:
        return role is not None and await self._authorizer.role_allows(context.tenant_id, role, tool.permission)

    async def _made(self, tool: Tool, arguments: Any, context: CallContext) -> Outcome:
        failed = False
        try:
            content = await tool.call(arguments, context)
        except ChatterError as error:
            failed, content = True, f"It failed: {error.detail}"
        told = content[:_LONGEST_RESULT]
        kept = await self._payloads.keep(context.tenant_id, content[:_LONGEST_KEPT], without_storage=_LONGEST_RESULT)
        await self._ledger.end(context, failed=failed, result=kept)
        return Outcome(told)


def _check_repeatable(tool: Tool, known: Recorded) -> None:
    if known.state == "begun" and tool.effect and not tool.idempotent:
        raise OutcomeUnknown


def _decoded(text: str, *, tool: Tool) -> Any:
    if len(text) > _LONGEST_ARGUMENTS:
        raise ValueError("they are too long")
    if _NUL in text:
        raise ValueError("they hold the character U+0000")
    return msgspec.json.decode(text or "{}", type=tool.parameters)


def _spec(tool: Tool) -> ToolSpec:
    schema = msgspec.json.schema(tool.parameters)
    named = schema["$defs"][tool.parameters.__name__]
    parameters = msgspec.Raw(msgspec.json.encode(named))
    return ToolSpec(name=tool.name, description=tool.description, parameters=parameters)
