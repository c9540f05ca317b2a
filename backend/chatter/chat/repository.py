"""The rows of conversations on the hot path: one round trip each, to functions that bind the tenant themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from chatter.chat.branch_state import Start, read_start
from chatter.chat.errors import ConversationNotFound
from chatter.chat.prompts import Said
from chatter.chat.schemas import Citation, Conversation, Message, PassageFound
from chatter.chat.tool_rounds import Added
from chatter.kit.db.database import Database
from chatter.kit.principal import ActorKind
from chatter.kit.resources import Level
from chatter.runs.facade import CheckpointBatch, Grant, Told
from chatter.runs.schemas import Outcome
from chatter.usage.facade import ModelUse, record_uses, uses_json

__all__ = ["Asked", "ChatRepository", "Closed", "ClosedTurn", "OpenTurn", "Opened", "Origin"]

_messages = msgspec.json.Decoder(list[Message])
_KNOWN = """
    select case when coalesce(q.request_digest = $5, true) then 'replayed' else 'clash' end, q.id, a.id, a.run_id,
        q.parent_id, array[]::uuid[]
    from conversation c
    join message q on q.tenant_id = $1 and q.conversation_id = c.id and q.idempotency_key = $4
    join message a on a.tenant_id = $1 and a.parent_id = q.id
    where c.tenant_id = $1 and c.id = $2 and c.owner_id = $3 order by a.created_at limit 1
"""
_ORIGIN = """
select a.conversation_id, q.parent_id, p.text, a.model, a.model_id, r.tools, b.state from message a
join run r on r.tenant_id = $1 and r.id = a.run_id
join message q on q.tenant_id = $1 and q.id = a.parent_id
join message_part p on p.tenant_id = $1 and p.message_id = q.id and p.kind = 'text'
left join run_branch b on b.tenant_id = $1 and b.run_id = a.run_id
where a.tenant_id = $1 and a.id = $2 order by p.position limit 1
"""
_TOLD = """
select coalesce(string_agg(p.text, '' order by p.position), ''), a.outcome from message a
left join message_part p on p.tenant_id = $1 and p.message_id = a.id and p.kind in ('text', 'notice')
where a.tenant_id = $1 and a.id = $2 group by a.outcome
"""
_SAID = "select id, text from instruction where tenant_id = $1 and run_id = $2 order by created_at, id"
_TAKE = """
update instruction i set taken_at = now(), position = $4 from run r
where r.tenant_id = $1 and r.id = $2 and r.fence = $3 and r.state = 'running'
    and i.tenant_id = $1 and i.run_id = $2 and i.id = any ($5)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTurn:
    """Everything that one transaction writes when a question is taken."""

    tenant_id: UUID
    owner_id: UUID
    conversation_id: UUID
    parent_id: UUID | None
    key: str | None
    question: str
    title: str
    question_id: UUID
    answer_id: UUID
    run_id: UUID
    model: str
    model_id: UUID | None
    lease_owner: str
    lease_seconds: int
    request_id: str
    role: str
    session_id: UUID | None
    action: str
    audit_id: UUID
    event_id: UUID
    event: str
    payload: str
    actor_label: str
    client_address: str | None
    actor_kind: ActorKind
    key_id: UUID | None
    digest: str
    """What the whole request is known by: a key that is sent again must come with the same."""
    tools: Sequence[str] = ()

    def columns(self) -> tuple[object, ...]:
        """The arguments of chat_open_turn, in its order."""
        return (
            *(self.tenant_id, self.owner_id, self.conversation_id, self.parent_id, self.key, self.question),
            *(self.title, self.question_id, self.answer_id, self.run_id, self.model, self.model_id),
            *(self.lease_owner, self.lease_seconds, self.request_id, self.role, self.session_id, self.action),
            *(self.audit_id, self.event_id, self.event, self.payload, self.actor_label, self.client_address),
            *(self.actor_kind, self.key_id, self.digest, list(self.tools)),
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """What came of it; the ids are those of the earlier turn when it was replayed."""

    verdict: str
    question_id: UUID | None
    answer_id: UUID | None
    run_id: UUID | None
    parent_id: UUID | None
    collection_ids: Sequence[UUID]
    """What the conversation asks; none: all documents."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an answer hangs, what was asked, and of which model."""

    conversation_id: UUID
    parent_id: UUID | None
    """What the question follows."""
    question: str
    model: str | None
    model_id: UUID | None
    tools: Sequence[str]
    """What the model may call."""
    start: Start | None = None
    """Where it begins, when it branched off an earlier run."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A model, as a message names it."""

    model: str
    model_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedTurn:
    """What the end of a turn stores besides the end of its run."""

    answer_id: UUID
    state: str
    outcome: str | None
    text: str
    text_kind: str
    input_tokens: int | None
    output_tokens: int | None
    passages: Sequence[PassageFound]
    citations: Sequence[Citation]
    event_id: UUID
    event: str
    payload: str
    stand_in: Asked | None = None
    """Who answered, when it is not the model that was asked."""

    def columns(self) -> tuple[object, ...]:
        """The arguments of chat_close_turn after those of run_close, in its order."""
        found, cited = self.passages, self.citations
        return (
            *(self.answer_id, self.state, self.outcome, self.text, self.text_kind),
            *(self.input_tokens, self.output_tokens),
            *([p.n for p in found], [p.chunk_id for p in found], [p.document_id for p in found]),
            *([p.document_name for p in found], [p.page for p in found], [p.score for p in found]),
            *([c.n for c in cited], [c.start for c in cited], [c.end for c in cited], [c.quote for c in cited]),
            *(self.event_id, self.event, self.payload),
        )


@dataclass(frozen=True, slots=True)
class Closed:
    """What came of the end of a turn. Not held: the fence has moved, and nothing was stored."""

    held: bool
    goes_on: bool = False
    """A message that waited is a run now, for whoever takes it."""


class ChatRepository:
    """Reads and writes conversations on the hot pool."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hot = database.hot

    async def conversations(
        self, tenant_id: UUID, *, owner_id: UUID, query: str | None, before: tuple[datetime, UUID] | None, limit: int
    ) -> list[Conversation]:
        """Return a person's conversations, the last used first."""
        before_at, before_id = before or (None, None)
        rows = await self._hot.fetch(
            "select * from chat_conversations($1, $2, $3, $4, $5, $6)",
            *(tenant_id, owner_id, query, before_at, before_id, limit),
        )
        return [
            Conversation(id=row[0], title=row[1], owned=True, access=Level.MANAGE, created_at=row[2], updated_at=row[3])
            for row in rows
        ]

    async def messages(
        self, tenant_id: UUID, *, user_id: UUID, conversation_id: UUID, before: UUID | None, limit: int
    ) -> list[Message] | None:
        """Return the newest messages of the shown path, oldest first; None when there is none that they see."""
        found = await self._hot.fetchval(
            "select chat_messages($1, $2, $3, $4, $5)", *(tenant_id, user_id, conversation_id, before, limit)
        )
        return None if found is None else _messages.decode(found)

    async def history(self, tenant_id: UUID, *, before: UUID, limit: int) -> list[Said]:
        """Return what was said up to and including the message `before`, newest first."""
        rows = await self._hot.fetch("select * from chat_history($1, $2, $3)", tenant_id, before, limit)
        return [Said(role=row[0], text=row[1], added=row[2]) for row in rows]

    async def chosen_collections(self, tenant_id: UUID, *, conversation_id: UUID) -> list[UUID]:
        """Return the collections that a conversation asks; none: all documents."""
        chosen: list[UUID] = await self._hot.fetchval("select chat_choice($1, $2)", tenant_id, conversation_id)
        return chosen

    async def open_turn(self, turn: OpenTurn) -> Opened:
        """Store a question with its empty answer and run."""
        row = await self._hot.fetchrow(_OPEN, *turn.columns())
        if row is None:
            raise ConversationNotFound
        return Opened(*row)

    async def known_turn(
        self, tenant_id: UUID, owner_id: UUID, conversation_id: UUID, *, key: str | None, digest: str
    ) -> Opened | None:
        """Return the turn that was opened with this key, or that the key came with another request then."""
        if key is None:
            return None
        async with self._database.connection(tenant_id) as connection:
            row = await connection.fetchrow(_KNOWN, tenant_id, conversation_id, owner_id, key, digest)
        return None if row is None else Opened(*row)

    async def origin(self, tenant_id: UUID, *, answer_id: UUID) -> Origin:
        """Return where an answer hangs, what was asked, and which model."""
        async with self._database.connection(tenant_id) as connection:
            row = await connection.fetchrow(_ORIGIN, tenant_id, answer_id)
        if row is None:
            raise ConversationNotFound
        conversation_id, parent_id, question, model, model_id, tools, state = row
        start = None if state is None else read_start(state)
        return Origin(conversation_id, parent_id, question, model, model_id, tools, start)

    async def told(self, tenant_id: UUID, *, answer_id: UUID) -> Told:
        """Return an answer as it stands."""
        async with self._database.connection(tenant_id) as connection:
            row = await connection.fetchrow(_TOLD, tenant_id, answer_id)
        if row is None:
            raise ConversationNotFound
        return Told(row[0], Outcome(row[1] or Outcome.ANSWERED))

    async def instructions(self, tenant_id: UUID, *, run_id: UUID) -> list[Added]:
        """Return everything that the person said to a run, in that order."""
        async with self._database.connection(tenant_id) as connection:
            rows = await connection.fetch(_SAID, tenant_id, run_id)
        return [Added(id=row[0], text=row[1]) for row in rows]

    async def take_instructions(self, grant: Grant, added: Sequence[Added], *, position: int) -> None:
        """Note that the model is told of these, after so many characters of its answer."""
        async with self._database.connection(grant.tenant_id) as connection:
            ids = [each.id for each in added]
            await connection.execute(_TAKE, grant.tenant_id, grant.run_id, grant.fence, position, ids)

    async def keep_uses(self, tenant_id: UUID, uses: Sequence[ModelUse]) -> None:
        """Keep what a turn asked of models so far, before it goes on with something else."""
        await record_uses(self._database, tenant_id, uses)

    async def close_turn(
        self,
        run: tuple[object, ...],
        *,
        turn: ClosedTurn,
        uses: Sequence[ModelUse],
        steps: CheckpointBatch | None = None,
    ) -> Closed:
        """Store an answer with the end of its run (`run`: the arguments of run_close), and open what waits behind it.

        What the turn asked of models is kept in any case: it was used.
        """
        speaker = (None, None) if turn.stand_in is None else (turn.stand_in.model, turn.stand_in.model_id)
        ended = (*run, *turn.columns(), uses_json(uses), *speaker)
        if steps is None:
            row = await self._hot.fetchrow(_CLOSE, *ended)
        else:
            row = await self._hot.fetchrow(_CLOSE_WITH_STEPS, *ended, *steps.columns())
        return Closed(False) if row is None else Closed(held=bool(row[0]), goes_on=bool(row[1]))


_OPEN = f"""
select opened.*, chat_choice($1, $3) from chat_open_turn({", ".join(f"${n}" for n in range(1, 29))}) as opened
"""  # noqa: S608  # only numbers
_CLOSED = f"""
closed as materialized (
    select case when holds then chat_close_turn({", ".join(f"${n}" for n in range(1, 31))}) end as held from steps
)
select held, case when held then chat_go_on($1, $2, $11, $4 = 'finished') end, record_model_usage($1, $31),
    case when held and $32::text is not null then chat_name_speaker($1, $11, $32, $33) end
from closed
"""  # noqa: S608  # only numbers
_CLOSE = f"with steps as materialized (select true as holds), {_CLOSED}"
_CLOSE_WITH_STEPS = f"with steps as materialized (select {CheckpointBatch.call(first=34)} as holds), {_CLOSED}"
