"""The steps in which the model speaks, and in which the tools that it calls are used, round after round.

What the model streams goes to the run's log directly, not through LangGraph's message stream: a third of the CPU.
"""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Literal

import msgspec
from msgspec import structs

from chatter.chat.errors import EmptyAnswer
from chatter.chat.marks import MarkFilter
from chatter.chat.model_calls import asked_of
from chatter.chat.prompts import Prompt, full_prompt, small_prompt
from chatter.chat.schemas import PassageFound
from chatter.chat.showing import begin, end, go_on
from chatter.chat.steering import spoken_until_steered, take, unheard
from chatter.chat.tool_rounds import (
    MOST_ROUNDS,
    Added,
    Called,
    Round,
    called,
    messages_of,
    read_rounds,
    write_rounds,
)
from chatter.chat.turn_state import Answer, TurnContext, TurnState, history_of, prompt_estimate
from chatter.llm.facade import ToolCalls
from chatter.llm.ports import TokenUsage, ToolCall, ToolSpec
from chatter.runs.errors import RunWaits
from chatter.runs.schemas import Custom, ToolCallArgs, ToolCallEnd, ToolCallResult, ToolCallStart
from chatter.tools.facade import CallContext, Outcome, OutcomeUnknown, beginning

__all__ = ["answer", "calls_nothing", "use_tools"]

_passages = msgspec.json.Decoder(list[PassageFound])


async def answer(state: TurnState, context: TurnContext) -> Mapping[str, object]:
    """Let the model speak, then attach what can be verified; or take the calls of tools that it ends with."""
    log = context.run.log
    if context.answer.ended:
        return {"answer": log.text_so_far, "calling": False}
    rounds, before = read_rounds(state.get("rounds", b"[]")), state.get("said", "")
    _note_lost(context, before=before)
    context.answer.input_tokens, context.answer.output_tokens = state.get("input_tokens"), state.get("output_tokens")
    if added := await unheard(context, rounds):
        return await _steered(context, added, rounds=rounds, before=before)
    prompt = await _prompt(state, context)
    kept = _kept(context, before=before)
    prompt = prompt.with_rounds(messages_of(rounds), kept=kept)
    speaking = _spoken(prompt, context, tools=_offered(rounds, context))
    calls, added = await spoken_until_steered(speaking, context, rounds=rounds)
    if calls:
        return _taken(context, calls, rounds=rounds, said=log.text_so_far.removeprefix(before))
    if added:
        return await _steered(context, added, rounds=rounds, before=before)
    if not log.text_so_far.strip():
        raise EmptyAnswer("The model ended without writing anything.", remedy="Ask again, or choose another model.")
    end(context)
    return {"answer": context.answer.text, "calling": False}


def calls_nothing(state: TurnState) -> bool:
    """Say whether the answer is there: no tool was called, and nothing was added."""
    return not state.get("calling")


async def use_tools(state: TurnState, context: TurnContext) -> Mapping[str, object]:
    """Make the calls that the model ended with, one after the other; each is on record before it is made.

    What was used so far is kept first: whoever goes on with it in another process knows nothing of it.
    """
    context.left = None
    await context.repository.keep_uses(context.run.grant.tenant_id, context.ledger.uses)
    context.ledger.kept = len(context.ledger.uses)
    *earlier, latest = read_rounds(state["rounds"])
    answer_id, made = context.question.answer_id, []
    for call in latest.calls:
        outcome = Outcome(call.content) if call.by_person else await _made(call, context)
        source: Literal["person", "tool"] = "person" if call.by_person else "tool"
        shown = beginning(outcome.content)
        result = ToolCallResult(message_id=answer_id, tool_call_id=call.id, content=shown, source=source)
        context.run.log.emit(result, border=True)
        made.append(structs.replace(call, content=outcome.content, misused=outcome.misused))
    return {"rounds": write_rounds([*earlier, structs.replace(latest, calls=tuple(made))])}


async def _spoken(prompt: Prompt, context: TurnContext, *, tools: Sequence[ToolSpec]) -> Sequence[ToolCall]:
    """Stream what the model says into the log; return the calls that it ends with."""
    marks, log, gathered = MarkFilter(), context.run.log, ToolCalls()
    log.emit(Custom(name="model_call", value=asked_of(context.speaker, prompt, tools)))
    spoken = context.speaker.stream(
        prompt.messages,
        ledger=context.ledger,
        max_tokens=prompt.max_tokens,
        temperature=prompt.temperature,
        stop=prompt.stop,
        continues=prompt.continues,
        tools=tools,
    )
    opening = prompt.opening
    try:
        async with aclosing(spoken) as deltas:
            async for delta in deltas:
                if delta.text:
                    if shown := marks.feed(opening + delta.text):
                        log.text(shown)
                    opening = ""
                if delta.tool_calls:
                    gathered.add(delta.tool_calls)
                if delta.usage is not None:
                    _count(context.answer, delta.usage)
    finally:
        if rest := marks.finish():
            log.text(rest)
        _name_speaker(context)
    return gathered.whole() if tools else ()


def _kept(context: TurnContext, *, before: str) -> str:
    """Begin the text or go on with it; return what stands of this round already.

    In the process that began it the text just goes on; in another one, readers are told what stands.
    """
    log, model_goes_on = context.run.log, context.speaker.continues
    if context.settled:
        if before:
            log.text("\n\n")
        return ""
    context.settled = True
    if not context.answer.begun:
        begin(context)
        return ""
    whole = log.text_so_far
    kept = whole.removeprefix(before) if model_goes_on and whole.startswith(before) else ""
    go_on(context, text=before + (kept or ("\n\n" if before else "")))
    return kept


def _offered(rounds: Sequence[Round], context: TurnContext) -> Sequence[ToolSpec]:
    """The tools of this round: none after many rounds, nor after calls that were wrong twice."""
    wrong = sum(any(call.misused for call in each.calls) for each in rounds)
    if context.speaker.small or sum(bool(each.calls) for each in rounds) >= MOST_ROUNDS or wrong > 1:
        return ()
    return context.toolbox.specs(context.question.tools)


def _taken(
    context: TurnContext, calls: Sequence[ToolCall], *, rounds: Sequence[Round], said: str
) -> Mapping[str, object]:
    """Show the calls, and keep them for the step that makes them."""
    made = called(len(rounds) + 1, calls)
    for call in made:
        context.run.log.emit(
            ToolCallStart(tool_call_id=call.id, tool_call_name=call.name, parent_message_id=context.question.answer_id),
            ToolCallArgs(tool_call_id=call.id, delta=beginning(call.arguments)),
            ToolCallEnd(tool_call_id=call.id),
        )
    return {
        "rounds": write_rounds([*rounds, Round(said=said.strip(), calls=made)]),
        "said": context.run.log.text_so_far,
        "calling": True,
        "input_tokens": context.answer.input_tokens,
        "output_tokens": context.answer.output_tokens,
    }


async def _steered(
    context: TurnContext, added: Sequence[Added], *, rounds: Sequence[Round], before: str
) -> Mapping[str, object]:
    """Keep what the model has said so far with what the person added, and let it be asked again."""
    log = context.run.log
    log.flush_text()
    await take(context, added)
    said = log.text_so_far.removeprefix(before).strip()
    return {
        "rounds": write_rounds([*rounds, Round(said=said, added=tuple(added))]),
        "said": log.text_so_far,
        "calling": True,
        "input_tokens": context.answer.input_tokens,
        "output_tokens": context.answer.output_tokens,
    }


async def _made(call: Called, context: TurnContext) -> Outcome:
    grant = context.run.grant
    place = CallContext(
        tenant_id=grant.tenant_id,
        user_id=context.run.owner_id,
        run_id=grant.run_id,
        fence=grant.fence,
        key=call.id,
    )
    asked = ToolCall(id=call.id, name=call.name, arguments=call.arguments)
    try:
        return await context.toolbox.call(asked, place, allowed=context.question.tools)
    except OutcomeUnknown as error:
        raise RunWaits(Custom(name="question", value=context.toolbox.question(asked))) from error


def _note_lost(context: TurnContext, *, before: str) -> None:
    """The process that is gone had asked the model: what that took is estimated from what it had shown."""
    left, context.left = context.left, None
    if left is not None and context.answer.begun:
        prompt_tokens = prompt_estimate(context.answer)
        written = context.run.log.text_so_far.removeprefix(before)
        left.lost(context.speaker.billed, prompt_tokens=prompt_tokens, written=written)


def _name_speaker(context: TurnContext) -> None:
    if (spoke := context.ledger.spoke) is not None:
        context.answer.model, context.answer.model_id = spoke.label, spoke.model_id


def _count(answer: Answer, usage: TokenUsage) -> None:
    """Add what a call took: an answer with tools takes several."""
    answer.input_tokens = (answer.input_tokens or 0) + usage.input_tokens
    answer.output_tokens = (answer.output_tokens or 0) + usage.output_tokens


async def _prompt(state: TurnState, context: TurnContext) -> Prompt:
    passages = _passages.decode(state["passages"])
    if context.speaker.small:
        return small_prompt(state["question"], passages=passages)
    history, with_tools = await history_of(context), bool(context.question.tools)
    instructions = state.get("instructions", "")
    return full_prompt(
        state["question"], passages=passages, history=history, with_tools=with_tools, instructions=instructions
    )
