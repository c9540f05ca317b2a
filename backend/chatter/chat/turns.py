"""Taking a question: one transaction, then a run in the background."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

import msgspec

from chatter.chat.errors import AnswerInProgress, ConversationNotFound, MayNotAskNow, ParentInvalid
from chatter.chat.events import TurnOpened
from chatter.chat.permissions import ChatAction, ChatPermission
from chatter.chat.ports import Knowledge, Speaker
from chatter.chat.queue_schemas import QueueRequest
from chatter.chat.queueing import ModelChoice
from chatter.chat.repository import ChatRepository, Opened, OpenTurn, Origin
from chatter.chat.requests import clash, digest_of
from chatter.chat.schemas import Turn, TurnRequest
from chatter.chat.titles import title_of
from chatter.chat.turn import STEPS
from chatter.chat.turn_state import Question, TurnContext, TurnState
from chatter.chat.turn_work import TurnWork
from chatter.kit.errors import ChatterError
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.kit.streaming import sse
from chatter.kit.telemetry import client_address, request_id
from chatter.llm.facade import ChatModelHandle, resolve_chat_model
from chatter.rbac.facade import Authorizer
from chatter.runs.facade import (
    LEASE_SECONDS,
    Grant,
    GraphLibrary,
    LapsedRun,
    RunEngine,
    RunPermission,
    RunService,
    StepGraph,
)
from chatter.tenancy.facade import as_role, role_now
from chatter.tools.facade import Toolbox

__all__ = ["TurnService"]

_FENCE = 1


class TurnService:
    """The turns of one process."""

    def __init__(self, services: Services, *, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.toolbox = services.part(Toolbox)
        self.repository = ChatRepository(services.database)
        self._authorizer = services.part(Authorizer)
        self._services = services
        self._engine = services.part(RunEngine)
        self._runs = RunService(self._engine)
        self._library = services.part(GraphLibrary)
        self._graph: StepGraph[TurnContext] | None = None

    def prepare(self) -> None:
        """Begin to load LangGraph and to open connections: whoever looks at conversations is about to ask."""
        self._library.warm()
        self._services.database.hot.fill_soon()

    async def graph(self) -> "StepGraph[TurnContext]":
        """Return the compiled graph; the first turn of a process may wait for LangGraph to load."""
        if self._graph is None:
            self.prepare()
            self._graph = await self._library.graph(TurnState, steps=STEPS)
        return self._graph

    async def speaker(self, lapsed: LapsedRun, *, origin: Origin) -> Speaker:
        """Return the model that an answer was asked of, for who goes on with it."""
        services = self._services
        return await resolve_chat_model(
            services.database,
            services.http,
            services.settings,
            tenant_id=lapsed.grant.tenant_id,
            user_id=lapsed.owner_id,
            model_id=origin.model_id,
        )

    async def announce(self) -> None:
        """Tell every process that there is a run to take."""
        await self._runs.tell_released()

    async def require_asker(self, lapsed: LapsedRun, *, tools: Sequence[str]) -> None:
        """Raise MayNotAskNow unless whoever asked still may: their question waited, and much can happen meanwhile."""
        tenant_id = lapsed.grant.tenant_id
        async with self._services.database.unit(tenant_id) as session:
            role = await role_now(session, user_id=lapsed.owner_id)
        needed = [ChatPermission.ASK, *(tool.permission for tool in self.toolbox.named(tools))]
        if role is not None:
            asker = as_role(role, tenant_id=tenant_id, user_id=lapsed.owner_id)
            if all([await self._authorizer.allowed(asker, permission) for permission in needed]):
                return
        raise MayNotAskNow(
            "The question waited, and whoever asked it may not ask this any more.",
            remedy="Ask an administrator of your organisation what has changed.",
        )

    async def choice(self, principal: Principal, data: QueueRequest) -> ModelChoice:
        """The model that a question which has to wait is for, as it is called today; checks what a turn would."""
        speaker = await self.asked(principal, model_id=data.model_id, tools=data.tools)
        return ModelChoice(model_id=speaker.model_id, label=speaker.label)

    async def open(self, principal: Principal, *, conversation_id: UUID, data: TurnRequest, key: str | None) -> Turn:
        """Store the question and begin to answer. The same key again returns the same turn and begins nothing."""
        try:
            speaker = await self.asked(principal, model_id=data.model_id, tools=data.tools)
        except ChatterError:  # what was asked when it could be asked is still the same request
            known = await self.repository.known_turn(
                principal.tenant_id, principal.user_id, conversation_id, key=key, digest=digest_of(data)
            )
            if known is None:
                raise
            return _turn(known, conversation_id=conversation_id)
        order = _order(
            principal, conversation_id=conversation_id, data=data, key=key, speaker=speaker, holder=self._engine.name
        )
        opened = await self.repository.open_turn(order)
        turn = _turn(opened, conversation_id=conversation_id)
        if opened.verdict == "opened":
            question = Question(
                conversation_id,
                turn.answer_id,
                opened.parent_id,
                order.question,
                tools=order.tools,
                collection_ids=opened.collection_ids,
            )
            self._engine.admit(
                Grant(principal.tenant_id, turn.run_id, _FENCE),
                owner_id=principal.user_id,
                request_id=order.request_id,
                work=TurnWork(self, question=question, speaker=speaker),
            )
        return turn

    async def require_reader(self, principal: Principal) -> None:
        """Raise PermissionMissing unless they may read the events of what they are about to ask."""
        await self._authorizer.require(principal, RunPermission.READ)

    async def told(self, principal: Principal, turn: Turn) -> AsyncGenerator[bytes]:
        """Return what tells of a turn from its beginning: a frame without a number that holds it, then its run's."""
        frames = await self._runs.events(principal, run_id=turn.run_id, after=0)
        return _told(turn, frames)

    async def asked(self, principal: Principal, *, model_id: UUID | None, tools: Sequence[str]) -> ChatModelHandle:
        """The model of a question, which the principal may ask with these tools."""
        services = self._services
        for tool in self.toolbox.named(tools):
            await self._authorizer.require(principal, tool.permission)
        return await resolve_chat_model(
            services.database,
            services.http,
            services.settings,
            tenant_id=principal.tenant_id,
            user_id=principal.user_id,
            model_id=model_id,
        )


async def _told(turn: Turn, frames: AsyncGenerator[bytes] | None) -> AsyncGenerator[bytes]:
    yield sse(id=None, event="turn", data=msgspec.json.encode(turn))
    if frames is not None:
        async with contextlib.aclosing(frames):
            async for frame in frames:
                yield frame


def _order(
    principal: Principal,
    *,
    conversation_id: UUID,
    data: TurnRequest,
    key: str | None,
    speaker: ChatModelHandle,
    holder: str,
) -> OpenTurn:
    question, answer_id, run_id = data.question.strip(), new_id(), new_id()
    question_id = new_id()
    event = TurnOpened(conversation_id=conversation_id, question_id=question_id, answer_id=answer_id, run_id=run_id)
    return OpenTurn(
        tenant_id=principal.tenant_id,
        owner_id=principal.user_id,
        conversation_id=conversation_id,
        parent_id=data.parent_id,
        key=key,
        question=question,
        title=title_of(question),
        question_id=question_id,
        answer_id=answer_id,
        run_id=run_id,
        model=speaker.label,
        model_id=speaker.model_id,
        lease_owner=holder,
        lease_seconds=LEASE_SECONDS,
        request_id=request_id.get(),
        role=principal.role,
        session_id=principal.session_id,
        action=ChatAction.TURN_OPENED.value,
        audit_id=new_id(),
        event_id=new_id(),
        event=TurnOpened.name,
        payload=msgspec.json.encode(event).decode(),
        actor_label=principal.label,
        client_address=client_address.get(),
        actor_kind=principal.kind,
        key_id=principal.key_id,
        digest=digest_of(data),
        tools=tuple(dict.fromkeys(data.tools)),
    )


def _turn(opened: Opened, *, conversation_id: UUID) -> Turn:
    match opened.verdict:
        case "missing":
            raise ConversationNotFound
        case "bad_parent":
            raise ParentInvalid(
                "A question follows an answer of the same conversation, or begins it anew.",
                remedy="Leave parent_id out, or give the parent of an earlier question.",
            )
        case "busy":
            raise AnswerInProgress(
                "The answer before it is still being written.", remedy="Wait until it is done, or stop it first."
            )
        case "clash":
            raise clash()
    if opened.question_id is None or opened.answer_id is None or opened.run_id is None:
        raise ConversationNotFound
    return Turn(
        conversation_id=conversation_id,
        question_id=opened.question_id,
        answer_id=opened.answer_id,
        run_id=opened.run_id,
        parent_id=opened.parent_id or conversation_id,
    )
