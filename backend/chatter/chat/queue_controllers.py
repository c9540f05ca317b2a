"""`/conversations/{id}/queue` and `/runs/{id}/instructions`"""

from uuid import UUID

from litestar import Controller, delete, get, patch, post

from chatter.chat.instructing import Instructing
from chatter.chat.permissions import ChatAction, ChatPermission
from chatter.chat.queue_schemas import InstructionRequest, Queue, QueuedMessage, QueueRequest, QueueUpdate
from chatter.chat.queueing import Queueing
from chatter.chat.requests import IdempotencyKey
from chatter.chat.schemas import Instruction
from chatter.chat.turns import TurnService
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route

__all__ = ["InstructionController", "QueueController"]


class QueueController(Controller):
    """Questions wait for the end of the answer before them; only the conversation's owner sees them."""

    path = "/conversations/{conversation_id:uuid}/queue"
    tags = ("Conversations",)

    @get(
        operation_id="GetQueue",
        summary="What you said in a conversation of yours and no model has heard yet",
        opt=route(permission=ChatPermission.READ),
    )
    async def show(self, conversation_id: UUID, queueing: Queueing) -> Queue:
        return await queueing.queue(conversation_id)

    @post(
        operation_id="QueueMessage",
        summary="Ask once the answer that is being written is complete",
        description=(
            "It is sent on when that answer is complete, by whatever process; at once when nothing is being answered. "
            "After an answer that was stopped or broke off it waits until the queue is resumed."
        ),
        opt=route(permission=ChatPermission.ASK, audit=ChatAction.MESSAGE_QUEUED, limit=Kind.QUESTION),
    )
    async def add(
        self,
        *,
        conversation_id: UUID,
        data: QueueRequest,
        principal: Principal,
        queueing: Queueing,
        turns: TurnService,
        idempotency_key: IdempotencyKey = None,
    ) -> QueuedMessage:
        model = await turns.choice(principal, data)
        return await queueing.add(conversation_id, data, model=model, key=idempotency_key)

    @patch(
        "/{queued_id:uuid}",
        operation_id="UpdateQueuedMessage",
        summary="Change a question that waits",
        opt=route(permission=ChatPermission.ASK, audit=ChatAction.QUEUED_UPDATED),
    )
    async def change(
        self, conversation_id: UUID, queued_id: UUID, data: QueueUpdate, queueing: Queueing
    ) -> QueuedMessage:
        return await queueing.change(conversation_id, queued_id, data)

    @delete(
        "/{queued_id:uuid}",
        operation_id="RemoveQueuedMessage",
        summary="Take a question that waits back",
        opt=route(permission=ChatPermission.ASK, audit=ChatAction.QUEUED_REMOVED),
    )
    async def remove(self, conversation_id: UUID, queued_id: UUID, queueing: Queueing) -> None:
        await queueing.remove(conversation_id, queued_id)

    @post(
        "/resume",
        operation_id="ResumeQueue",
        summary="Send what waits, after an answer that was stopped or broke off",
        opt=route(permission=ChatPermission.ASK, audit=ChatAction.QUEUE_RESUMED, limit=Kind.QUESTION),
        status_code=202,
    )
    async def resume(self, conversation_id: UUID, queueing: Queueing) -> None:
        await queueing.resume(conversation_id)


class InstructionController(Controller):
    """An answer of yours can be steered while it is written."""

    path = "/runs/{run_id:uuid}/instructions"
    tags = ("Runs",)

    @post(
        operation_id="SteerRun",
        summary="Add an instruction to an answer that is being written",
        description=(
            "The model is told before its next call; in the middle of its text it is interrupted for it, and what it "
            "has written stays. An instruction that comes too late for that waits as the next question."
        ),
        opt=route(permission=ChatPermission.ASK, audit=ChatAction.TURN_STEERED, limit=Kind.QUESTION),
        status_code=202,
    )
    async def steer(
        self,
        run_id: UUID,
        data: InstructionRequest,
        instructing: Instructing,
        idempotency_key: IdempotencyKey = None,
    ) -> Instruction:
        return await instructing.steer(run_id, data, key=idempotency_key)
