"""`/conversations`"""

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.chat.others import OthersFilter, list_others
from chatter.chat.permissions import ChatAction, ChatPermission
from chatter.chat.receipt_schemas import Receipt
from chatter.chat.requests import IdempotencyKey
from chatter.chat.schemas import (
    Conversation,
    ConversationCreate,
    ConversationUpdate,
    Message,
    OthersConversation,
    Turn,
    TurnRequest,
)
from chatter.chat.service import ChatService
from chatter.chat.turns import TurnService
from chatter.kit.pagination import moment
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route
from chatter.kit.schema import Page
from chatter.kit.standing import Standing
from chatter.kit.streaming import EVENT_STREAM, event_stream
from chatter.kit.web.openapi import ABSENT
from chatter.runs.facade import RunPermission

__all__ = ["ConversationController"]

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="How many at most.")]
CursorText = Annotated[str | None, QueryParameter(max_length=200, description="`next_cursor` of the page before.")]
Query = Annotated[str | None, QueryParameter(name="query", max_length=200, description="Part of the title.")]
OwnerId = Annotated[UUID | None, QueryParameter(description="Only this person's.")]
Since = Annotated[datetime | None, QueryParameter(description="Last used at this moment or later.")]
Accept = Annotated[str | None, HeaderParameter(name="Accept", include_in_schema=False)]
Until = Annotated[datetime | None, QueryParameter(description="Last used before this moment.")]
_AS_EVENTS = {
    200: ResponseSpec(
        str, description="The question is taken; its answer follows.", media_type=EVENT_STREAM, generate_examples=False
    )
}


class ConversationController(Controller):
    """Conversations are visible to the person whose they are, and to those whom they are shared with."""

    path = "/conversations"
    tags = ("Conversations",)

    @get(
        operation_id="ListConversations",
        summary="Your conversations, the last used first",
        opt=route(permission=ChatPermission.READ),
    )
    async def index(
        self,
        principal: Principal,
        chat: ChatService,
        cursor: CursorText = None,
        matching: Query = None,
        limit: Limit = 30,
    ) -> Page[Conversation]:
        return await chat.conversations(principal, query=matching, cursor=cursor, limit=limit)

    @post(
        operation_id="CreateConversation",
        summary="Begin a conversation",
        opt=route(permission=ChatPermission.CREATE, audit=ChatAction.CONVERSATION_CREATED),
    )
    async def create(
        self,
        session: AsyncSession,
        principal: Principal,
        chat: ChatService,
        turns: TurnService,
        data: ConversationCreate,
    ) -> Conversation:
        turns.prepare()
        return await chat.create(session, principal, data=data)

    @get(
        "/others",
        operation_id="ListOthersConversations",
        summary="Titles of other people's conversations, where the organisation's policy lets administrators read them",
        description="Each page is a row of the audit log, and shown to those whose conversations it names.",
        opt=route(permission=ChatPermission.READ_ANY, audit=ChatAction.CONVERSATIONS_LISTED),
        responses=ABSENT,
    )
    async def others(
        self,
        *,
        session: AsyncSession,
        principal: Principal,
        owner_id: OwnerId = None,
        since: Since = None,
        until: Until = None,
        cursor: CursorText = None,
        limit: Limit = 30,
    ) -> Page[OthersConversation]:
        wanted = OthersFilter(owner_id=owner_id, since=moment(since), until=moment(until))
        return await list_others(session, principal, wanted, cursor=cursor, limit=limit)

    @get(
        "/{conversation_id:uuid}",
        operation_id="GetConversation",
        summary="A conversation of yours, or shared with you",
        opt=route(permission=ChatPermission.READ),
    )
    async def show(
        self, conversation_id: UUID, session: AsyncSession, principal: Principal, chat: ChatService
    ) -> Conversation:
        return await chat.conversation(session, principal, conversation_id=conversation_id)

    @patch(
        "/{conversation_id:uuid}",
        operation_id="UpdateConversation",
        summary="Rename a conversation, choose the collections that it asks, or the version that it shows",
        opt=route(permission=ChatPermission.UPDATE, audit=ChatAction.CONVERSATION_UPDATED),
    )
    async def update(
        self,
        conversation_id: UUID,
        session: AsyncSession,
        principal: Principal,
        chat: ChatService,
        data: ConversationUpdate,
    ) -> Conversation:
        return await chat.update(session, principal, conversation_id=conversation_id, data=data)

    @delete(
        "/{conversation_id:uuid}",
        operation_id="DeleteConversation",
        summary="Delete a conversation with all its messages",
        opt=route(permission=ChatPermission.DELETE, audit=ChatAction.CONVERSATION_DELETED),
    )
    async def remove(
        self, conversation_id: UUID, session: AsyncSession, principal: Principal, chat: ChatService
    ) -> None:
        await chat.delete(session, principal, conversation_id=conversation_id)

    @get(
        "/{conversation_id:uuid}/messages",
        operation_id="ListMessages",
        summary="The newest messages of a conversation, oldest first; the next page holds earlier ones",
        opt=route(permission=ChatPermission.READ),
    )
    async def messages(
        self,
        conversation_id: UUID,
        principal: Principal,
        chat: ChatService,
        cursor: CursorText = None,
        limit: Limit = 30,
    ) -> Page[Message]:
        return await chat.messages(principal, conversation_id=conversation_id, cursor=cursor, limit=limit)

    @get(
        "/{conversation_id:uuid}/messages/{message_id:uuid}/receipt",
        operation_id="GetReceipt",
        summary="What an answer of a conversation of yours was made of, and what it took",
        opt=route(permission=ChatPermission.READ),
    )
    async def receipt(
        self, *, conversation_id: UUID, message_id: UUID, session: AsyncSession, principal: Principal, chat: ChatService
    ) -> Receipt:
        return await chat.receipt(session, principal, conversation_id=conversation_id, answer_id=message_id)

    @post(
        "/{conversation_id:uuid}/turns",
        operation_id="CreateTurn",
        summary="Ask a question; the answer comes as the events of the run",
        description=(
            "With `Accept: text/event-stream` the answer to the request is these events (status 200), as "
            "`GET /runs/{run_id}/events` tells them; before them comes one named `turn`, without a number, which holds "
            "what is else the whole answer. The rest of a stream that breaks off is read there, by `Last-Event-ID`."
        ),
        opt=route(
            permission=ChatPermission.ASK,
            audit=ChatAction.TURN_OPENED,
            limit=Kind.QUESTION,
            streams=RunPermission.READ,
        ),
        status_code=202,
        responses=_AS_EVENTS,
    )
    async def ask(
        self,
        *,
        conversation_id: UUID,
        principal: Principal,
        turns: TurnService,
        standing: Standing,
        data: TurnRequest,
        accept: Accept = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Turn]:
        streamed = accept is not None and EVENT_STREAM in accept
        if streamed:
            await turns.require_reader(principal)
        turn = await turns.open(principal, conversation_id=conversation_id, data=data, key=idempotency_key)
        if not streamed:
            return Response(turn)
        return cast(Response[Turn], event_stream(await turns.told(principal, turn), standing))
