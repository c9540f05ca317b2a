"""`/tools` and `/notes`"""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import PathParameter, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.kit.schema import Page
from chatter.runs.facade import RunService
from chatter.tools.decisions import decide
from chatter.tools.notes import Notes
from chatter.tools.permissions import ToolAction, ToolPermission
from chatter.tools.schemas import DecisionMade, Note, OfferedTool
from chatter.tools.toolbox import Toolbox

__all__ = ["DecisionController", "NoteController", "ToolController"]

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="How many at most.")]
CallId = Annotated[str, PathParameter(max_length=40, description="As the events of the run name it.")]
CursorText = Annotated[str | None, QueryParameter(max_length=200, description="`next_cursor` of the page before.")]


class ToolController(Controller):
    """Tools act in the name of whoever asks, with their rights."""

    path = "/tools"
    tags = ("Tools",)

    @get(
        operation_id="ListTools",
        summary="The tools that a question may let the model call",
        opt=route(permission=ToolPermission.READ),
    )
    async def index(self, toolbox: Toolbox) -> list[OfferedTool]:
        return toolbox.offered()


class DecisionController(Controller):
    """A call that may have come through is not repeated unasked: the run waits for the person whose it is."""

    path = "/runs/{run_id:uuid}/tool-calls"
    tags = ("Tools",)

    @post(
        "/{call_id:str}/decision",
        operation_id="DecideToolCall",
        summary="Say how to go on with a call whose outcome nobody knows",
        opt=route(permission=ToolPermission.DECIDE, audit=ToolAction.CALL_DECIDED),
        status_code=202,
    )
    async def decide(
        self,
        *,
        run_id: UUID,
        call_id: CallId,
        data: DecisionMade,
        session: AsyncSession,
        principal: Principal,
        runs: RunService,
    ) -> None:
        await decide(session, principal, runs, run_id=run_id, call_id=call_id, decision=data.decision)


class NoteController(Controller):
    """Notes are visible to the person for whom they were saved."""

    path = "/notes"
    tags = ("Notes",)

    @get(
        operation_id="ListNotes",
        summary="Your notes, the newest first",
        opt=route(permission=ToolPermission.NOTE_READ),
    )
    async def index(self, notes: Notes, cursor: CursorText = None, limit: Limit = 30) -> Page[Note]:
        return await notes.newest(cursor=cursor, limit=limit)

    @delete(
        "/{note_id:uuid}",
        operation_id="DeleteNote",
        summary="Delete one of your notes",
        opt=route(permission=ToolPermission.NOTE_DELETE, audit=ToolAction.NOTE_DELETED),
    )
    async def remove(self, note_id: UUID, notes: Notes) -> None:
        await notes.delete(note_id)
