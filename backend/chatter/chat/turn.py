"""One turn as a run: retrieve and gate → answer ⇄ tools, then the answer with its sources stored in one transaction.

No database session is held while the model speaks or a tool is at work.
"""

from collections.abc import Mapping, Sequence

import msgspec

from chatter.chat.answering import answer, calls_nothing, use_tools
from chatter.chat.events import TurnClosed
from chatter.chat.notices import no_documents, no_evidence, nothing_chosen
from chatter.chat.ports import Evidence
from chatter.chat.prompts import search_query
from chatter.chat.repository import Asked, ChatRepository, Closed, ClosedTurn
from chatter.chat.schemas import MessageState, PassageFound
from chatter.chat.showing import begin, end, last_words
from chatter.chat.turn_state import Answer, Question, TurnContext, TurnState, history_of
from chatter.kit.identifiers import new_id
from chatter.runs.facade import ActiveRun, Ending, Step
from chatter.runs.schemas import Custom, Outcome, RunFinished, RunState, StreamEvent, failed
from chatter.usage.facade import ModelUse

__all__ = ["STEPS", "close_answer"]


async def retrieve(state: TurnState, context: TurnContext) -> Mapping[str, object]:
    """Find passages and show them before anything is written; where they cannot carry an answer, say so ourselves.

    The gate decides within this step: to weigh what was found costs less than a step.
    """
    answer = context.answer
    if answer.asked or answer.ended:  # whoever searched is gone; their events were stored, their checkpoint was not
        said = {"evidence": Evidence.ENOUGH.value} if answer.asked else _stopped(Evidence.WEAK, context=context)
        return {"passages": msgspec.json.encode(answer.passages), **said}
    question, tenant_id = context.question, context.run.grant.tenant_id
    query = search_query(state["question"], history=await history_of(context))
    chosen = question.collection_ids
    if chosen is None:
        chosen = await context.repository.chosen_collections(tenant_id, conversation_id=question.conversation_id)
    findings = await context.knowledge.find(
        tenant_id, user_id=context.run.owner_id, query=query, collection_ids=chosen or None, ledger=context.ledger
    )
    answer.passages = findings.passages
    context.run.log.emit(Custom(name="passages", value=findings.passages))
    return {"passages": msgspec.json.encode(findings.passages), **_gate(findings.evidence, context=context)}


def _gate(evidence: Evidence, *, context: TurnContext) -> Mapping[str, object]:
    """Decide, before a model is asked, whether the passages can carry an answer; if not, say so."""
    with_tools = context.question.tools and not context.speaker.small  # they may find more, or do what was asked for
    if with_tools or evidence is Evidence.ENOUGH:
        return {"evidence": Evidence.ENOUGH.value}
    context.answer.text_kind = "notice"
    context.answer.outcome = Outcome.NO_EVIDENCE
    begin(context)
    context.run.log.text(_notice(evidence, context.answer.passages))
    end(context)
    return _stopped(evidence, context=context)


def _stopped(evidence: Evidence, *, context: TurnContext) -> Mapping[str, object]:
    return {"evidence": evidence.value, "answer": context.run.log.text_so_far}


def _notice(evidence: Evidence, passages: Sequence[PassageFound]) -> str:
    if evidence is Evidence.NO_DOCUMENTS:
        return no_documents()
    return nothing_chosen() if evidence is Evidence.NOTHING_CHOSEN else no_evidence(passages)


def stops_at_gate(state: TurnState) -> bool:
    """Say whether the gate has already answered."""
    return state["evidence"] != Evidence.ENOUGH


STEPS: tuple[Step[TurnContext], ...] = (
    Step("retrieve", retrieve, ends_early=stops_at_gate),
    Step("answer", answer, ends_early=calls_nothing),
    Step("tools", use_tools, then="answer", settles=True),
)


async def close_answer(
    run: ActiveRun,
    *,
    ending: Ending,
    question: Question,
    answer: Answer,
    asked: Asked,
    uses: Sequence[ModelUse],
    repository: ChatRepository,
) -> Closed:
    """Store the answer, whole or cut, what it took, and the end of its run; then show the last events."""
    answer.text = run.log.text_so_far if run.log.text_so_far.strip() else ""
    state = _state(ending, text=answer.text)
    events = [] if answer.ended or not answer.begun else last_words(answer, question=question, model=asked.model)
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
        stand_in=_stand_in(answer, asked=asked),
    )
    grant = run.grant
    ended = (grant.tenant_id, grant.run_id, grant.fence, *closing.columns())
    closed_turn = await repository.close_turn(ended, turn=turn, uses=uses, steps=closing.steps)
    if closed_turn.held:
        run.log.publish(frames)
    return closed_turn


def _stand_in(answer: Answer, *, asked: Asked) -> Asked | None:
    """Which model spoke in the place of the one that was asked."""
    if answer.model is None or answer.model_id in {None, asked.model_id}:
        return None
    return Asked(answer.model, answer.model_id)


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
