"""Branching off a past run: from a point of it, a new answer is written beside the old one."""

from uuid import UUID

from msgspec import UNSET

from chatter.chat.branch_changes import changed_start
from chatter.chat.branch_opening import BranchOpening, Order, turn_of_key
from chatter.chat.branch_points import BranchPoints
from chatter.chat.branch_schemas import BranchRequest, Change
from chatter.chat.errors import BranchInvalid, CheckpointGone
from chatter.chat.requests import digest_of
from chatter.chat.schemas import Turn
from chatter.chat.turns import TurnService
from chatter.kit.db.database import Database
from chatter.kit.principal import Principal
from chatter.runs.facade import RunService

__all__ = ["Branching"]


class Branching:
    """The new run is nobody's at first, so any process can begin it, as it would take over one that was left."""

    def __init__(self, database: Database, turns: TurnService, runs: RunService) -> None:
        self._database = database
        self._turns = turns
        self._runs = runs
        self._points = BranchPoints(database, turns, runs)

    async def branch(self, principal: Principal, *, run_id: UUID, data: BranchRequest, key: str | None) -> Turn:
        """Begin an answer from a point of a run; the same key again returns the same turn and begins nothing."""
        past, digest = await self._points.past(principal, run_id=run_id), digest_of(data)
        if key is not None:
            async with self._database.unit(principal.tenant_id) as session:
                if (known := await turn_of_key(session, past, key=key, digest=digest)) is not None:
                    return known
        point = await self._points.point(principal, run_id=run_id, checkpoint_id=data.checkpoint_id)
        if point is None:
            raise CheckpointGone("The run's state at this point is not kept.", remedy="Ask the question anew.")
        start, changes = changed_start(point, data)
        model_id = past.model_id if data.model_id is UNSET else data.model_id
        speaker = await self._turns.asked(principal, model_id=model_id, tools=past.tools)
        if speaker.small and start.instructions:
            raise BranchInvalid("The built-in model takes no instructions.", remedy="Choose another model.")
        if speaker.model_id != past.model_id:
            changes.append(Change(what="model", before=past.model, after=speaker.label))
        order = Order(
            past=past,
            point=point,
            start=start,
            changes=changes,
            model=speaker.label,
            model_id=speaker.model_id,
            key=key,
            digest=digest,
        )
        async with self._database.unit(principal.tenant_id) as session:
            return await BranchOpening(session, principal, self._runs, order).open()
