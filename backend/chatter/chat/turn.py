"""One turn as a run: retrieve → gate → answer, then the answer with its sources stored in one transaction.

No database session is held while the model speaks. What the model streams goes to the run's log directly, not through
LangGraph's message stream: a third of the CPU a token.
"""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

import msgspec

from chatter.chat.citations import Source, cite
from chatter.chat.errors import EmptyAnswer
from chatter.chat.events import TurnClosed
from chatter.chat.marks import MarkFilter
from chatter.chat.notices import no_documents, no_evidence, nothing_chosen
from chatter.chat.ports import Evidence, Knowledge, Speaker
from chatter.chat.prompts import Prompt, Said, full_prompt, search_query, small_prompt
from chatter.chat.receipts import HISTORY
from chatter.chat.repository import ChatRepository, ClosedTurn
from chatter.chat.schemas import Citation, MessageState, PassageFound, Usage
from chatter.kit.identifiers import new_id
from chatter.llm.facade import Ledger, ModelUse
from chatter.runs.facade import ActiveRun, Ending, Step
from chatter.runs.schemas import (
    Custom,
    MessagesSnapshot,
    Outcome,
    RunFinished,
    RunState,
    SnapshotMessage,
    StreamEvent,
    TextMessageEnd,
    TextMessageStart,
    failed,
)

__all__ = ["STEPS", "Answer", "Question", "TurnContext", "TurnState", "citations_of", "close_answer"]

_passages = msgspec.json.Decoder(list[PassageFound])


class TurnState(TypedDict, total=False):
    """What the graph checkpoints: plain values only."""

    question: str
    passages: bytes
    """JSON of the passages found."""
    evidence: str
    answer: str


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, and where it hangs."""

    conversation_id: UUID
    answer_id: UUID
    parent_id: UUID | None
    text: str


@dataclass(slots=True)
class Answer:
    """What has come of a turn so far; complete or not, this is what its end stores."""

    passages: Sequence[PassageFound] = ()
    text: str = ""
    text_kind: str = "text"
    asked: bool = False
    """The gate let the question through to the model."""
    begun: bool = False
    ended: bool = False
    outcome: Outcome = Outcome.ANSWERED
    citations: Sequence[Citation] = ()
    input_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(slots=True)
class TurnContext:
    """What the steps work with; never checkpointed."""

    run: ActiveRun
    question: Question
    speaker: Speaker
    knowledge: Knowledge
    repository: ChatRepository
    answer: Answer
    ledger: Ledger
    history: Sequence[Said] | None = None
    """What was said before, once it is known."""


async def retrieve(state: TurnState, context: TurnContext) -> Mapping[str, object]:
    """Find passages and show them before anything is written."""
    question, tenant_id = context.question, context.run.grant.tenant_id
    if context.answer.asked:  # the process that searched is gone; its checkpoint was not stored, its events were
        return {"passages": msgspec.json.encode(context.answer.passages), "evidence": Evidence.ENOUGH.value}
    query = search_query(state["question"], history=await _history(context))
    chosen = await context.repository.chosen_collections(tenant_id, conversation_id=question.conversation_id)
    findings = await context.knowledge.find(
        tenant_id, user_id=context.run.owner_id, query=query, collection_ids=chosen or None, ledger=context.ledger
    )
    context.answer.passages = findings.passages
    context.run.log.emit(Custom(name="passages", value=findings.passages))
    return {"passages": msgspec.json.encode(findings.passages), "evidence": findings.evidence.value}


async def gate(state: TurnState, context: TurnContext) -> Mapping[str, object]:
    """Decide, before a model is asked, whether the passages can carry an answer; if not, say so ourselves."""
    if state["evidence"] == Evidence.ENOUGH:
        return {}
    if context.answer.ended:
        return {"answer": context.run.log.text_so_far}
    passages = _passages.decode(state["passages"])
    notice = _notice(Evidence(state["evidence"]), passages)
    context.answer.text_kind = "notice"
    context.answer.outcome = Outcome.NO_EVIDENCE
    _begin(context)
    context.run.log.text(notice)
    _end(context)
    return {"answer": notice}


def _notice(evidence: Evidence, passages: Sequence[PassageFound]) -> str:
    if evidence is Evidence.NO_DOCUMENTS:
        return no_documents()
    return nothing_chosen() if evidence is Evidence.NOTHING_CHOSEN else no_evidence(passages)


def stops_at_gate(state: TurnState) -> bool:
    """Say whether the gate has already answered."""
    return state["evidence"] != Evidence.ENOUGH


async def answer(state: TurnState, context: TurnContext) -> Mapping[str, object]:
    """Let the model speak, then attach what can be verified."""
    if context.answer.ended:
        return {"answer": context.run.log.text_so_far}
    marks, log, prompt = MarkFilter(), context.run.log, await _prompt(state, context)
    kept = log.text_so_far if context.answer.begun and context.speaker.continues else ""
    if kept:
        prompt = prompt.after(kept)
    spoken = context.speaker.stream(
        prompt.messages,
        ledger=context.ledger,
        max_tokens=prompt.max_tokens,
        temperature=prompt.temperature,
        stop=prompt.stop,
        continues=prompt.continues,
    )
    opening = prompt.opening
    _go_on(context, text=kept) if context.answer.begun else _begin(context)
    try:
        async with aclosing(spoken) as deltas:
            async for delta in deltas:
                if delta.text:
                    if shown := marks.feed(opening + delta.text):
                        log.text(shown)
                    opening = ""
                if delta.usage is not None:
                    context.answer.input_tokens = delta.usage.input_tokens
                    context.answer.output_tokens = delta.usage.output_tokens
    finally:
        if rest := marks.finish():
            log.text(rest)
    if not log.text_so_far.strip():
        raise EmptyAnswer("The model ended without writing anything.", remedy="Ask again, or choose another model.")
    _end(context)
    return {"answer": context.answer.text}


async def _prompt(state: TurnState, context: TurnContext) -> Prompt:
    passages = _passages.decode(state["passages"])
    if context.speaker.small:
        return small_prompt(state["question"], passages=passages)
    return full_prompt(state["question"], passages=passages, history=await _history(context))


async def _history(context: TurnContext) -> Sequence[Said]:
    """What was said before the question, newest first; read once."""
    if context.history is None:
        parent_id, tenant_id = context.question.parent_id, context.run.grant.tenant_id
        context.history = (
            () if parent_id is None else await context.repository.history(tenant_id, before=parent_id, limit=HISTORY)
        )
    return context.history


STEPS: tuple[Step[TurnContext], ...] = (
    Step("retrieve", retrieve),
    Step("gate", gate, ends_early=stops_at_gate),
    Step("answer", answer),
)


async def close_answer(
    run: ActiveRun,
    *,
    ending: Ending,
    question: Question,
    answer: Answer,
    model: str,
    uses: Sequence[ModelUse],
    repository: ChatRepository,
) -> bool:
    """Store the answer, whole or cut, what it took, and the end of its run; then show the last events."""
    answer.text = run.log.text_so_far if run.log.text_so_far.strip() else ""
    state = _state(ending, text=answer.text)
    events = [] if answer.ended or not answer.begun else _last_words(answer, question=question, model=model)
    closing, frames = run.closing(ending, events=[*events, _final(run, ending=ending, outcome=answer.outcome)])
    closed = TurnClosed(
        conversation_id=question.conversation_id,
        answer_id=question.answer_id,
        run_id=run.grant.run_id,
        state=state.value,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
    )
    turn = ClosedTurn(
        answer_id=question.answer_id,
        state=state.value,
        outcome=_outcome(ending, answer=answer),
        text=answer.text,
        text_kind=answer.text_kind,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        passages=answer.passages,
        citations=answer.citations,
        event_id=new_id(),
        event=TurnClosed.name,
        payload=msgspec.json.encode(closed).decode(),
    )
    grant = run.grant
    held = await repository.close_turn(
        (grant.tenant_id, grant.run_id, grant.fence, *closing.columns()), turn=turn, uses=uses
    )
    if held:
        run.log.publish(frames)
    return held


def _begin(context: TurnContext) -> None:
    context.answer.begun = True
    context.run.log.emit(TextMessageStart(message_id=context.question.answer_id))
    context.run.log.begin_text(context.question.answer_id)


def _go_on(context: TurnContext, *, text: str) -> None:
    """Go on with the text that another process left, or begin it anew; readers are told what stands."""
    answer_id, log = context.question.answer_id, context.run.log
    log.emit(MessagesSnapshot(messages=[SnapshotMessage(id=answer_id, content=text)]))
    log.resume_text(answer_id, text=text)


def _end(context: TurnContext) -> None:
    """Show that the text is complete, with its sources and what it took."""
    answer, log = context.answer, context.run.log
    answer.text = log.text_so_far
    log.emit(*_last_words(answer, question=context.question, model=context.speaker.label))
    answer.ended = True


def _last_words(answer: Answer, *, question: Question, model: str) -> list[StreamEvent]:
    events: list[StreamEvent] = [TextMessageEnd(message_id=question.answer_id)]
    if answer.text_kind == "text":
        answer.citations = citations_of(answer)
        usage = Usage(input_tokens=answer.input_tokens, output_tokens=answer.output_tokens, model=model)
        events.append(Custom(name="citations", value=answer.citations))
        events.append(Custom(name="usage", value=usage))
    return events


def citations_of(answer: Answer) -> list[Citation]:
    """Return what of the text can be verified in the passages."""
    by_number = {passage.n: passage for passage in answer.passages}
    sources = [Source(n=p.n, text=p.text, title=p.document_name) for p in answer.passages]
    return [
        Citation(
            n=mark.n,
            chunk_id=by_number[mark.n].chunk_id,
            document_id=by_number[mark.n].document_id,
            document_name=by_number[mark.n].document_name,
            page=by_number[mark.n].page,
            start=mark.start,
            end=mark.end,
            quote=mark.quote,
        )
        for mark in cite(answer.text, sources=sources)
    ]


def _state(ending: Ending, *, text: str) -> MessageState:
    if ending.state is RunState.CANCELLED:
        return MessageState.CANCELLED
    if ending.state is RunState.FAILED:
        return MessageState.INCOMPLETE if text else MessageState.FAILED
    return MessageState.COMPLETE


def _outcome(ending: Ending, *, answer: Answer) -> str | None:
    if ending.state is RunState.CANCELLED:
        return Outcome.CANCELLED.value
    return answer.outcome.value if ending.state is RunState.FINISHED else None


def _final(run: ActiveRun, *, ending: Ending, outcome: Outcome) -> StreamEvent:
    if ending.error is not None:
        return failed(ending.error, request_id=run.request_id)
    shown = Outcome.CANCELLED if ending.state is RunState.CANCELLED else outcome
    return RunFinished(run_id=run.grant.run_id, outcome=shown)
