"""`/runs/{id}/checkpoints` and `/runs/{id}/branches`"""

from uuid import UUID

from litestar import Controller, get, post

from chatter.chat.branch_points import BranchPoints
from chatter.chat.branch_schemas import BranchRequest, RunCheckpoints
from chatter.chat.branching import Branching
from chatter.chat.permissions import ChatAction, ChatPermission
from chatter.chat.requests import IdempotencyKey
from chatter.chat.schemas import Turn
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route

__all__ = ["BranchController"]


class BranchController(Controller):
    """Only whoever asked goes back to a point of a run: its state holds what tools found."""

    path = "/runs/{run_id:uuid}"
    tags = ("Runs",)

    @get(
        "/checkpoints",
        operation_id="ListRunCheckpoints",
        summary="The points of a past run of yours that you can branch from, and what can be changed at each",
        opt=route(permission=ChatPermission.READ),
    )
    async def index(self, run_id: UUID, principal: Principal, branch_points: BranchPoints) -> RunCheckpoints:
        return await branch_points.shown(principal, run_id=run_id)

    @post(
        "/branches",
        operation_id="BranchRun",
        summary="Answer anew from a point of a past run, with something changed",
        description=(
            "The new answer stands beside the old one; what came before the point is taken over and not made again. "
            "A tool's result that is changed is marked as a person's wherever it is shown."
        ),
        opt=route(permission=ChatPermission.ASK, audit=ChatAction.TURN_BRANCHED, limit=Kind.QUESTION),
        status_code=202,
    )
    async def branch(
        self,
        run_id: UUID,
        principal: Principal,
        branching: Branching,
        data: BranchRequest,
        idempotency_key: IdempotencyKey = None,
    ) -> Turn:
        return await branching.branch(principal, run_id=run_id, data=data, key=idempotency_key)
