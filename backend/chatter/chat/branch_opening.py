"""The transaction that opens a branch: the new answer, its run, what it begins with, and what was changed for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from msgspec import structs, to_builtins
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit import facade as audit
from chatter.chat.branch_changes import seen_start
from chatter.chat.branch_points import Past, Point, calls_at
from chatter.chat.branch_schemas import BranchKept, Change
from chatter.chat.branch_state import Start, write_start
from chatter.chat.errors import AnswerInProgress, ConversationNotFound
from chatter.chat.events import TurnBranched
from chatter.chat.models import Conversation, Instruction, Message, MessagePart, RunBranch
from chatter.chat.permissions import ChatAction
from chatter.chat.requests import require_same
from chatter.chat.schemas import Steered, Turn
from chatter.chat.speakers import speaker_of
from chatter.chat.tool_rounds import Called
from chatter.chat.turn_work import KIND
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.telemetry import request_id
from chatter.runs.facade import RunService
from chatter.tools.facade import EarlierCall, keep_earlier

__all__ = ["BranchOpening", "Order", "turn_of_key"]

_SEEN = text("""
select k.id from chunk k where k.tenant_id = :tenant and k.id = any (:chunks)
    and k.document_id not in (select h.id from documents_hidden_from(:tenant, :owner) h)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A branch as it was asked for: all that is known before its transaction begins."""

    past: Past
    point: Point
    start: Start
    changes: Sequence[Change]
    model: str
    model_id: UUID | None
    key: str | None
    digest: str


class BranchOpening:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, principal: Principal, runs: RunService, order: Order) -> None:
        self._session = session
        self._principal = principal
        self._runs = runs
        self._order = order
        self._past = order.past
        self._run_id, self._answer_id = new_id(), new_id()

    async def open(self) -> Turn:
        """Store the new answer beside the old one, to be written by whoever takes its run."""
        order, past = self._order, self._past
        conversation = await self._held_conversation()
        if order.key is not None:
            known = await turn_of_key(self._session, past, key=order.key, digest=order.digest)
            if known is not None:
                return known
        await self._require_quiet(conversation)
        start, gone = seen_start(order.start, await self._seen(order.start))
        changes = [*order.changes, *gone]
        run_id, tools = self._run_id, past.tools
        await self._runs.queue(
            self._session, self._principal, run_id=run_id, kind=KIND, subject_id=self._answer_id, tools=tools
        )
        question = await self._question(order.start)
        await self._add_answer(question)
        start = await self._with_steered(start)
        changed = tuple(dict.fromkeys(change.what for change in changes))
        start = structs.replace(start, source_run_id=past.run_id, changed=changed)
        self._session.add(self._branch(start, changes, question_id=question.id))
        await self._keep_calls(start)
        conversation.active_leaf_id, conversation.updated_at = self._answer_id, func.now()
        kept = BranchKept(source_run_id=past.run_id, checkpoint_id=order.point.id, changed=list(changed))
        await audit.record(
            self._session,
            self._principal,
            ChatAction.TURN_BRANCHED,
            target=self._answer_id,
            after=kept,
            run_id=run_id,
        )
        opened = TurnBranched(
            conversation_id=past.conversation_id, answer_id=self._answer_id, run_id=run_id, source_run_id=past.run_id
        )
        emit(self._session, opened)
        return Turn(
            conversation_id=past.conversation_id,
            question_id=question.id,
            answer_id=self._answer_id,
            run_id=run_id,
            parent_id=question.parent_id or past.conversation_id,
        )

    async def _held_conversation(self) -> Conversation:
        """The conversation, in which nothing is asked meanwhile."""
        own = select(Conversation).where(
            Conversation.id == self._past.conversation_id, Conversation.owner_id == self._principal.user_id
        )
        row: Conversation | None = await self._session.scalar(own.with_for_update())
        if row is None:
            raise ConversationNotFound
        return row

    async def _require_quiet(self, conversation: Conversation) -> None:
        leaf = select(Message.state).where(Message.id == conversation.active_leaf_id)
        if await self._session.scalar(leaf) == "streaming":
            raise AnswerInProgress(
                "Another answer of this conversation is still being written.",
                remedy="Wait until it is done, or stop it first.",
            )

    async def _seen(self, start: Start) -> frozenset[UUID]:
        """Which of the passages are still there, for this person to see."""
        chunks = [passage.chunk_id for passage in start.found() if passage.chunk_id is not None]
        if not chunks:
            return frozenset()
        values = {"tenant": self._principal.tenant_id, "owner": self._principal.user_id, "chunks": chunks}
        return frozenset((await self._session.execute(_SEEN, values)).scalars())

    async def _question(self, start: Start) -> Message:
        """The question as it stands, or a new one beside it."""
        old: Message | None = await self._session.scalar(select(Message).where(Message.id == self._past.question_id))
        if old is None:
            raise ConversationNotFound
        if all(change.what != "question" for change in self._order.changes):
            return old
        new = Message(
            id=new_id(),
            tenant_id=self._principal.tenant_id,
            conversation_id=old.conversation_id,
            parent_id=old.parent_id,
            role="user",
            state="complete",
            request_id=request_id.get(),
            finished_at=func.now(),
        )
        self._session.add(new)
        await self._session.flush()
        part = MessagePart(tenant_id=new.tenant_id, message_id=new.id, position=0, kind="text", text=start.question)
        self._session.add(part)
        return new

    async def _add_answer(self, question: Message) -> None:
        answer = Message(
            id=self._answer_id,
            tenant_id=self._principal.tenant_id,
            conversation_id=question.conversation_id,
            parent_id=question.id,
            role="assistant",
            state="streaming",
            model=self._order.model,
            model_id=self._order.model_id,
            run_id=self._run_id,
            request_id=request_id.get(),
        )
        self._session.add(answer)
        await self._session.flush()

    def _branch(self, start: Start, changes: Sequence[Change], *, question_id: UUID) -> RunBranch:
        order = self._order
        return RunBranch(
            tenant_id=self._principal.tenant_id,
            run_id=self._run_id,
            source_run_id=self._past.run_id,
            checkpoint_id=order.point.id,
            step=order.point.number,
            next=start.at,
            changes=to_builtins(changes),
            state=write_start(start),
            question_id=question_id,
            answer_id=self._answer_id,
            idempotency_key=order.key,
            request_digest=order.digest,
        )

    async def _with_steered(self, start: Start) -> Start:
        """Take over what was added to the earlier answer before this point: it stands in this one too."""
        rounds = start.talked()
        wanted = {added.id: new_id() for each in rounds for added in each.added}
        if not wanted:
            return start
        of_source = select(Instruction).where(Instruction.run_id == self._past.run_id, Instruction.id.in_(wanted))
        steered = []
        for row in await self._session.scalars(of_source.order_by(Instruction.position, Instruction.created_at)):
            new = wanted[row.id]
            steered.append(Steered(id=new, text=row.text, position=row.position or 0))
            self._session.add(
                Instruction(
                    id=new,
                    tenant_id=row.tenant_id,
                    run_id=self._run_id,
                    owner_id=row.owner_id,
                    text=row.text,
                    position=row.position,
                    taken_at=row.taken_at,
                    **speaker_of(self._principal),
                )
            )
        renamed = [
            structs.replace(each, added=tuple(structs.replace(a, id=wanted[a.id]) for a in each.added))
            for each in rounds
        ]
        return structs.replace(start.with_talked(renamed), steered=tuple(steered))

    async def _keep_calls(self, start: Start) -> None:
        coming = {call.id for call in start.talked()[-1].calls} if start.at == "tools" else set()
        calls = [_earlier(call) for call in calls_at(start) if call.by_person or call.id not in coming]
        if calls:
            await keep_earlier(
                self._session, self._principal, run_id=self._run_id, source_run_id=self._past.run_id, calls=calls
            )


def _earlier(call: Called) -> EarlierCall:
    given = call.content if call.by_person else None
    return EarlierCall(key=call.id, tool=call.name, arguments=call.arguments, given=given)


async def turn_of_key(session: AsyncSession, past: Past, *, key: str, digest: str) -> Turn | None:
    """The branch of the run that this key came with before."""
    of_key = (
        select(RunBranch, Message.parent_id)
        .join(Message, Message.id == RunBranch.question_id)
        .where(RunBranch.source_run_id == past.run_id, RunBranch.idempotency_key == key)
    )
    found = (await session.execute(of_key)).one_or_none()
    if found is None:
        return None
    known, parent_id = found
    require_same(known.request_digest, digest)
    return Turn(
        conversation_id=past.conversation_id,
        question_id=known.question_id,
        answer_id=known.answer_id,
        run_id=known.run_id,
        parent_id=parent_id or past.conversation_id,
    )
