"""How the events of a branch begin: with what its answer had where it branched off, none of it made anew."""

from chatter.chat.branch_state import Start
from chatter.chat.showing import begin
from chatter.chat.tool_rounds import Called
from chatter.chat.turn_state import TurnContext
from chatter.runs.schemas import Custom, StreamEvent, ToolCallArgs, ToolCallEnd, ToolCallResult, ToolCallStart
from chatter.tools.facade import beginning

__all__ = ["replay"]

_HEAD = 140
_BRANCHED = b',"name":"branched",'
_ASKED = b',"name":"model_call",'


def replay(context: TurnContext, start: Start) -> None:
    """Show the sources, calls and text of before, once, whatever process does it."""
    log = context.run.log
    passages = start.found()
    if not _is_told(context, _BRANCHED):
        events: list[StreamEvent] = [Custom(name="branched", value=start.branch)]
        if passages:
            events.append(Custom(name="passages", value=passages))
        log.emit(*events, *_talked(context, start), border=True)
    if not _is_told(context, _ASKED):
        context.left = None  # no model was asked here yet
    if start.at != "retrieve":
        context.answer.passages = passages
    if start.said and not context.answer.begun:
        begin(context)
        log.text(start.said)
        log.flush_text()
        context.settled = True


def _is_told(context: TurnContext, mark: bytes) -> bool:
    return any(mark in piece[:_HEAD] for piece in context.run.log.frames)


def _talked(context: TurnContext, start: Start) -> list[StreamEvent]:
    rounds, answer_id = start.talked(), context.question.answer_id
    events: list[StreamEvent] = []
    for number, each in enumerate(rounds, 1):
        comes_next = start.at == "tools" and number == len(rounds)
        for call in each.calls:
            events += [
                ToolCallStart(tool_call_id=call.id, tool_call_name=call.name, parent_message_id=answer_id),
                ToolCallArgs(tool_call_id=call.id, delta=beginning(call.arguments)),
                ToolCallEnd(tool_call_id=call.id),
            ]
            if not comes_next:
                events.append(_result(context, call))
    if start.steered:
        events.append(Custom(name="steered", value=start.steered))
    return events


def _result(context: TurnContext, call: Called) -> ToolCallResult:
    return ToolCallResult(
        message_id=context.question.answer_id,
        tool_call_id=call.id,
        content=beginning(call.content),
        source="person" if call.by_person else "earlier",
    )
