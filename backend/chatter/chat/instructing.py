"""Instructions to an answer that is being written; the run itself takes them in."""

from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit import facade as audit
from chatter.chat.errors import AnswerOver, QueueFull
from chatter.chat.events import TurnSteered
from chatter.chat.models import Instruction, Message, QueuedMessage
from chatter.chat.permissions import ChatAction
from chatter.chat.queue_schemas import InstructionRequest
from chatter.chat.requests import digest_of, require_same
from chatter.chat.schemas import Instruction as Told
from chatter.chat.speakers import speaker_of
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.runs.facade import RunService

__all__ = ["Instructing", "told", "untaken"]

_MOST_INSTRUCTIONS = 20


class Instructing:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, principal: Principal, runs: RunService) -> None:
        self._session = session
        self._principal = principal
        self._runs = runs

    async def steer(self, run_id: UUID, data: InstructionRequest, *, key: str | None) -> Told:
        """Add an instruction to an answer that is being written; raises AnswerOver when it is not any more."""
        await self._runs.run(self._principal, run_id=run_id)
        open_ = await self._runs.say(self._session, self._principal, run_id=run_id)
        digest = digest_of(data)
        if key is not None:
            of_key = select(Instruction).where(Instruction.run_id == run_id, Instruction.idempotency_key == key)
            if (known := await self._session.scalar(of_key)) is not None:
                require_same(known.request_digest, digest)
                return told(known)
        if not open_:
            if key is not None and (moved := await self._moved(run_id, key=key)) is not None:
                require_same(moved.request_digest, digest)
                return Told(id=moved.id, text=data.text.strip(), position=None, created_at=moved.created_at)
            raise AnswerOver("The answer is not being written any more.", remedy="Ask it as a question.")
        counted = select(func.count()).select_from(Instruction).where(Instruction.run_id == run_id)
        if (await self._session.scalar(counted) or 0) >= _MOST_INSTRUCTIONS:
            raise QueueFull(f"No more than {_MOST_INSTRUCTIONS} instructions fit one answer.", remedy="Ask anew.")
        row = Instruction(
            id=new_id(),
            tenant_id=self._principal.tenant_id,
            run_id=run_id,
            owner_id=self._principal.user_id,
            text=data.text.strip(),
            idempotency_key=key,
            request_digest=digest,
            **speaker_of(self._principal),
        )
        self._session.add(row)
        await audit.record(self._session, self._principal, ChatAction.TURN_STEERED, target=row.id, run_id=run_id)
        emit(self._session, TurnSteered(run_id=run_id, instruction_id=row.id))
        await self._session.flush()
        await self._session.refresh(row)
        return told(row)

    async def _moved(self, run_id: UUID, *, key: str) -> QueuedMessage | Message | None:
        """What became of an instruction that came too late: it waits as a question, or was sent as one."""
        kept, here = (
            f"{run_id}:{key}",
            select(Message.conversation_id).where(Message.run_id == run_id).limit(1).scalar_subquery(),
        )
        found: QueuedMessage | Message | None = None
        for place in (QueuedMessage, Message):
            of_key = select(place).where(place.conversation_id == here, place.idempotency_key == kept)
            found = found or await self._session.scalar(of_key)
        return found


def untaken(answer: Message) -> Select[Instruction]:
    """What was added to an answer and its model was not told of yet."""
    of_run = select(Instruction).where(Instruction.run_id == answer.run_id, Instruction.taken_at.is_(None))
    return of_run.order_by(Instruction.created_at, Instruction.id)


def told(row: Instruction) -> Told:
    return Told(id=row.id, text=row.text, position=row.position, created_at=row.created_at)
