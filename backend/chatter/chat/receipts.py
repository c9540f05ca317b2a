"""The receipt of an answer: which model, from which prompt, what it took and cost, when, and what it rested on.

A prompt is not kept, since it quotes documents that may be deleted or hidden tomorrow. It is put together again from
what is still there, and its digest says whether that is what was sent.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.chat.branch_state import Start, read_start
from chatter.chat.errors import ConversationNotFound
from chatter.chat.prompts import Said, full_prompt, small_prompt
from chatter.chat.receipt_schemas import PromptMessage, Receipt, ReceiptCall, ReceiptPassage
from chatter.chat.repository import ChatRepository
from chatter.chat.schemas import PassageFound
from chatter.chat.tool_rounds import messages_of
from chatter.chat.turn_state import HISTORY
from chatter.kit.principal import Principal
from chatter.llm.facade import is_small, prompt_digest
from chatter.llm.ports import ChatMessage
from chatter.usage.facade import UsedModelCall, amount, used_for

__all__ = ["cost_of", "receipt_of"]

_ANSWER = text("""
select m.run_id, m.model, m.model_id, m.outcome, m.created_at, m.finished_at, q.parent_id, b.state,
    (select string_agg(p.text, E'\\n\\n' order by p.position) from message_part p
        where p.tenant_id = :tenant and p.message_id = q.id and p.kind = 'text')
from message m
join conversation c on c.tenant_id = :tenant and c.id = m.conversation_id and c.owner_id = :owner
left join message q on q.tenant_id = :tenant and q.id = m.parent_id
left join run_branch b on b.tenant_id = :tenant and b.run_id = m.run_id
where m.tenant_id = :tenant and m.conversation_id = :conversation and m.id = :answer and m.role = 'assistant'
""")
_PASSAGES = text("""
select s.n, s.chunk_id, s.document_id, s.document_name, s.page, coalesce(k.text, ''), s.score
from message_passage s
left join chunk k on k.tenant_id = :tenant and k.id = s.chunk_id
where s.tenant_id = :tenant and s.message_id = :answer
    and (s.document_id is null or s.document_id not in (select h.id from documents_hidden_from(:tenant, :owner) h))
order by s.n
""")


async def receipt_of(
    session: AsyncSession,
    principal: Principal,
    repository: ChatRepository,
    *,
    conversation_id: UUID,
    answer_id: UUID,
) -> Receipt:
    """The receipt of an answer in one's own conversation; raises ConversationNotFound."""
    ids = {"tenant": principal.tenant_id, "owner": principal.user_id, "answer": answer_id}
    found = (await session.execute(_ANSWER, {**ids, "conversation": conversation_id})).one_or_none()
    if found is None:
        raise ConversationNotFound
    run_id, model, model_id, outcome, asked_at, finished_at, before, branch, question = found
    passages = [_passage(row) for row in await session.execute(_PASSAGES, ids)]
    calls = await used_for(session, subject_id=answer_id)
    messages: Sequence[ChatMessage] = ()
    if any(call.purpose == "answer" for call in calls):
        history = await _history(repository, principal.tenant_id, before=before)
        start = None if branch is None else read_start(branch)
        messages = _prompt(question or "", passages, history, calls, small=is_small(model_id), start=start)
    return Receipt(
        run_id=run_id,
        model=model,
        provider=_provider(calls),
        outcome=outcome,
        asked_at=asked_at,
        finished_at=finished_at,
        whole_ms=_milliseconds(asked_at, finished_at),
        first_token_ms=next((call.first_token_ms for call in calls if _spoke(call)), None),
        calls=[_call(call) for call in calls],
        cost=cost_of(calls),
        prompt=[PromptMessage(role=message.role, text=message.content) for message in messages],
        prompt_is_exact=_is_exact(calls, messages),
        passages=[_shown(passage) for passage in passages],
    )


def _spoke(call: UsedModelCall) -> bool:
    """Whether the call brought something of the answer: who was busy or broken said nothing."""
    return call.purpose == "answer" and call.first_token_ms is not None


def _provider(calls: Sequence[UsedModelCall]) -> str | None:
    """Whose model spoke last, or was asked last when none spoke."""
    asked = [call for call in calls if call.purpose == "answer"]
    spoke = [call for call in asked if _spoke(call)] or asked
    return spoke[-1].provider if spoke else None


def _prompt(
    question: str,
    passages: Sequence[PassageFound],
    history: Sequence[Said],
    calls: Sequence[UsedModelCall],
    *,
    small: bool,
    start: Start | None,
) -> Sequence[ChatMessage]:
    """The first prompt of the answer; whether it spoke of tools is told by its digest."""
    rounds = messages_of(start.talked()) if start else []
    if small:
        return small_prompt(question, passages=passages).with_rounds(rounds, kept="").messages
    instructions = start.instructions if start else ""
    plain, with_tools = (
        full_prompt(question, passages=passages, history=history, with_tools=tools, instructions=instructions)
        .with_rounds(rounds, kept="")
        .messages
        for tools in (False, True)
    )
    return with_tools if _is_exact(calls, with_tools) else plain


async def _history(repository: ChatRepository, tenant_id: UUID, *, before: UUID | None) -> list[Said]:
    return [] if before is None else await repository.history(tenant_id, before=before, limit=HISTORY)


def _is_exact(calls: Sequence[UsedModelCall], messages: Sequence[ChatMessage]) -> bool:
    return bool(messages) and any(call.prompt_digest == prompt_digest(messages) for call in calls)


def _passage(row: Row[Any]) -> PassageFound:
    n, chunk_id, document_id, name, page, content, score = tuple(row)
    return PassageFound(
        n=n, chunk_id=chunk_id, document_id=document_id, document_name=name, page=page, text=content, score=score
    )


def _shown(passage: PassageFound) -> ReceiptPassage:
    return ReceiptPassage(
        n=passage.n,
        document_id=passage.document_id,
        document_name=passage.document_name,
        page=passage.page,
        score=passage.score,
    )


def _call(call: UsedModelCall) -> ReceiptCall:
    return ReceiptCall(
        purpose=call.purpose,
        outcome=call.outcome,
        source=call.source,
        provider=call.provider,
        model=call.model,
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cached_tokens=call.cached_tokens,
        reasoning_tokens=call.reasoning_tokens,
        cost=amount(call.cost),
        input_price=amount(call.input_price),
        output_price=amount(call.output_price),
        first_token_ms=call.first_token_ms,
        whole_ms=call.whole_ms,
    )


def cost_of(calls: Sequence[UsedModelCall]) -> str | None:
    """What all calls cost together; unknown as soon as one of them is."""
    costs = [call.cost for call in calls]
    known = [cost for cost in costs if cost is not None]
    return amount(sum(known, Decimal(0))) if known and len(known) == len(costs) else None


def _milliseconds(begun: datetime, ended: datetime | None) -> int | None:
    return None if ended is None else round((ended - begun).total_seconds() * 1000)
