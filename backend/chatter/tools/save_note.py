"""The tool that writes something down for whoever asked."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from chatter.kit.services import Services
from chatter.tools.notes import save
from chatter.tools.permissions import ToolPermission
from chatter.tools.ports import CallContext

__all__ = ["SaveNote"]


class _Arguments(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=4000, pattern=r"\S", description="What to write down.")]


class SaveNote:
    """A note knows the call that saved it, so a repeated call saves nothing more."""

    name = "save_note"
    label = "Save a note"
    description = "Write something down for the person who asks. They find it under Notes."
    parameters: type[msgspec.Struct] = _Arguments
    permission: StrEnum = ToolPermission.NOTE_CREATE
    effect = True
    idempotent = True

    def __init__(self, services: Services) -> None:
        self._database = services.database

    async def call(self, arguments: _Arguments, context: CallContext) -> str:
        await save(self._database, context, text=arguments.text.strip())
        return "The note is saved."
