"""Questions that wait for the end of the answer before them, in the order in which they were asked."""

from dataclasses import dataclass
from uuid import UUID

from msgspec import structs
from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit import facade as audit
from chatter.chat.errors import ConversationNotFound, NothingToSend, QueuedNotFound, QueueFull
from chatter.chat.events import MessageQueued, QueuedMessageRemoved, QueuedMessageUpdated, QueueResumed
from chatter.chat.instructing import told, untaken
from chatter.chat.models import Conversation, Message, QueuedMessage
from chatter.chat.permissions import ChatAction
from chatter.chat.queue_schemas import Queue, QueueRequest, QueueUpdate
from chatter.chat.queue_schemas import QueuedMessage as Queued
from chatter.chat.requests import digest_of, require_same
from chatter.chat.speakers import speaker_of
from chatter.kit.db.database import after_commit
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.runs.facade import RunService

__all__ = ["ModelChoice", "Queueing"]

_MOST_WAITING = 20
_SEND_NEXT = text("select chat_send_next(:tenant, :owner, :conversation, :resumed)")


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model that a question is for, as it is called today."""

    model_id: UUID | None
    label: str


class Queueing:
    """Works in the unit of work that it is given. A run is held before its conversation: its end does the same."""

    def __init__(self, session: AsyncSession, principal: Principal, runs: RunService) -> None:
        self._session = session
        self._principal = principal
        self._runs = runs

    async def queue(self, conversation_id: UUID) -> Queue:
        """Everything that the person said there and no model has heard yet."""
        conversation = await self._conversation(conversation_id)
        leaf = await self._leaf(conversation)
        waiting = (await self._session.scalars(_waiting(conversation_id))).all()
        return Queue(
            items=[_queued(row) for row in waiting],
            instructions=[] if leaf is None else [told(row) for row in await self._session.scalars(untaken(leaf))],
            held=leaf is not None and leaf.state not in {"complete", "streaming"},
        )

    async def add(self, conversation_id: UUID, data: QueueRequest, *, model: ModelChoice, key: str | None) -> Queued:
        """Let a question wait for the end of the answer; when there is nothing to wait for, it is sent at once."""
        conversation = await self._held(conversation_id)
        digest = digest_of(data)
        if key is not None and (known := await self._known(conversation_id, key=key, digest=digest)) is not None:
            return known
        if len((await self._session.scalars(_waiting(conversation_id))).all()) >= _MOST_WAITING:
            raise QueueFull(f"No more than {_MOST_WAITING} questions wait in a conversation.", remedy="Remove one.")
        last = select(func.max(QueuedMessage.position)).where(QueuedMessage.conversation_id == conversation_id)
        row = QueuedMessage(
            id=new_id(),
            tenant_id=self._principal.tenant_id,
            conversation_id=conversation_id,
            owner_id=self._principal.user_id,
            position=(await self._session.scalar(last) or 0) + 1,
            text=data.question.strip(),
            model=model.label,
            model_id=model.model_id,
            tools=list(dict.fromkeys(data.tools)),
            idempotency_key=key,
            request_digest=digest,
            **speaker_of(self._principal),
        )
        self._session.add(row)
        await audit.record(self._session, self._principal, ChatAction.MESSAGE_QUEUED, target=row.id)
        emit(self._session, MessageQueued(conversation_id=conversation_id, queued_id=row.id))
        await self._session.flush()
        await self._session.refresh(row)
        queued = _queued(row)
        return structs.replace(queued, sent=await self._send_next(conversation, resumed=False))

    async def change(self, conversation_id: UUID, queued_id: UUID, data: QueueUpdate) -> Queued:
        """Say it in other words, while it waits."""
        row = await self._row(conversation_id, queued_id)
        row.text, row.request_digest = data.question.strip(), None
        await audit.record(self._session, self._principal, ChatAction.QUEUED_UPDATED, target=queued_id)
        emit(self._session, QueuedMessageUpdated(conversation_id=conversation_id, queued_id=queued_id))
        await self._session.flush()
        return _queued(row)

    async def remove(self, conversation_id: UUID, queued_id: UUID) -> None:
        await self._session.delete(await self._row(conversation_id, queued_id))
        await audit.record(self._session, self._principal, ChatAction.QUEUED_REMOVED, target=queued_id)
        emit(self._session, QueuedMessageRemoved(conversation_id=conversation_id, queued_id=queued_id))

    async def resume(self, conversation_id: UUID) -> None:
        """Send what waits first, also after a stop; the rest follows by itself."""
        conversation = await self._held(conversation_id)
        if not await self._send_next(conversation, resumed=True):
            raise NothingToSend("Nothing waits, or an answer is being written.", remedy="Look at the conversation.")
        await audit.record(self._session, self._principal, ChatAction.QUEUE_RESUMED, target=conversation_id)
        emit(self._session, QueueResumed(conversation_id=conversation_id))

    async def _conversation(self, conversation_id: UUID, *, locked: bool = False) -> Conversation:
        own = select(Conversation).where(
            Conversation.id == conversation_id, Conversation.owner_id == self._principal.user_id
        )
        row: Conversation | None = await self._session.scalar(
            own.with_for_update().execution_options(populate_existing=True) if locked else own
        )
        if row is None:
            raise ConversationNotFound
        return row

    async def _held(self, conversation_id: UUID) -> Conversation:
        """The conversation, which nothing is sent in meanwhile; whoever follows its answer is told to look."""
        leaf = await self._leaf(await self._conversation(conversation_id))
        if leaf is not None and leaf.run_id is not None and leaf.state == "streaming":
            await self._runs.say(self._session, self._principal, run_id=leaf.run_id)
        return await self._conversation(conversation_id, locked=True)

    async def _leaf(self, conversation: Conversation) -> Message | None:
        leaf: Message | None = await self._session.scalar(
            select(Message).where(Message.id == conversation.active_leaf_id)
        )
        return leaf

    async def _row(self, conversation_id: UUID, queued_id: UUID) -> QueuedMessage:
        try:
            await self._held(conversation_id)
        except ConversationNotFound as error:
            raise QueuedNotFound from error
        of_it = _waiting(conversation_id).where(QueuedMessage.id == queued_id)
        row: QueuedMessage | None = await self._session.scalar(of_it)
        if row is None:
            raise QueuedNotFound
        return row

    async def _known(self, conversation_id: UUID, *, key: str, digest: str) -> Queued | None:
        """What this key was used for before: it waits, or it was sent."""
        of_key = select(QueuedMessage).where(
            QueuedMessage.conversation_id == conversation_id, QueuedMessage.idempotency_key == key
        )
        if (row := await self._session.scalar(of_key)) is not None:
            require_same(row.request_digest, digest)
            return _queued(row)
        of_key_sent = select(Message).where(Message.conversation_id == conversation_id, Message.idempotency_key == key)
        if (sent := await self._session.scalar(of_key_sent)) is None:
            return None
        require_same(sent.request_digest, digest)
        return Queued(
            id=sent.id,
            conversation_id=conversation_id,
            question="",
            model="",
            tools=[],
            sent=True,
            created_at=sent.created_at,
        )

    async def _send_next(self, conversation: Conversation, *, resumed: bool) -> bool:
        values = {
            "tenant": self._principal.tenant_id,
            "owner": self._principal.user_id,
            "conversation": conversation.id,
            "resumed": resumed,
        }
        sent = (await self._session.execute(_SEND_NEXT, values)).scalar_one() is not None
        if sent:
            after_commit(self._session, self._runs.tell_released)
        return sent


def _waiting(conversation_id: UUID) -> Select[QueuedMessage]:
    waiting = select(QueuedMessage).where(QueuedMessage.conversation_id == conversation_id)
    return waiting.order_by(QueuedMessage.position)


def _queued(row: QueuedMessage) -> Queued:
    return Queued(
        id=row.id,
        conversation_id=row.conversation_id,
        question=row.text,
        model=row.model,
        tools=row.tools,
        created_at=row.created_at,
    )
