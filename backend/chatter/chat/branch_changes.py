"""What a person changes of the state at a point, as far as it can be changed there, and what that comes to."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import UNSET, structs

from chatter.chat.branch_points import Point, calls_at
from chatter.chat.branch_schemas import BranchRequest, Change, ResultGiven
from chatter.chat.branch_state import Start
from chatter.chat.errors import BranchInvalid, CheckpointGone
from chatter.chat.tool_rounds import Called

__all__ = ["changed_start", "seen_start"]


def changed_start(point: Point, data: BranchRequest) -> tuple[Start, list[Change]]:
    """Apply what the request changes; what is as it was is no change."""
    start, changes = point.start, []
    if data.question is not UNSET and (question := data.question.strip()) != start.question:
        if start.at != "retrieve":
            raise BranchInvalid("The question stands once it was searched.", remedy="Branch from the beginning.")
        changes.append(Change(what="question", before=start.question, after=question))
        start = structs.replace(start, question=question)
    if data.instructions is not UNSET and (instructions := data.instructions.strip()) != start.instructions:
        changes.append(Change(what="instructions", before=start.instructions, after=instructions))
        start = structs.replace(start, instructions=instructions)
    given = _given(start, data.tool_results)
    changes += [_result_change(call, given[call.id]) for call in calls_at(start) if call.id in given]
    return _with_results(start, given), changes


def seen_start(start: Start, seen: frozenset[UUID]) -> tuple[Start, list[Change]]:
    """Leave out the passages that are gone by now, or hidden from the person."""
    found = start.found()
    kept = [passage for passage in found if passage.chunk_id in seen]
    if len(kept) == len(found):
        return start, []
    if not kept:
        raise CheckpointGone(
            "The documents that were found are deleted by now, or hidden from you.",
            remedy="Branch from the beginning of the run: there the documents are searched anew.",
        )
    return start.with_found(kept), [Change(what="passages", before=str(len(found)), after=str(len(kept)))]


def _given(start: Start, results: Sequence[ResultGiven]) -> Mapping[str, str]:
    """The results that differ from what the model was told, by their calls."""
    known = {call.id: call for call in calls_at(start)}
    given = {result.tool_call_id: result.content for result in results}
    if len(given) < len(results) or not known.keys() >= given.keys():
        raise BranchInvalid(
            "A tool's result can be changed once, and where the call was made or comes next.",
            remedy="Take the calls of the point, as the list of the run's checkpoints gives them.",
        )
    return {key: content for key, content in given.items() if not _is_told(known[key], content)}


def _is_told(call: Called, content: str) -> bool:
    return call.content == content and content != ""


def _result_change(call: Called, content: str) -> Change:
    return Change(what="tool_result", tool=call.name, tool_call_id=call.id, before=call.content or None, after=content)


def _with_results(start: Start, given: Mapping[str, str]) -> Start:
    if not given:
        return start
    rounds = [
        structs.replace(each, calls=tuple(_answered(call, given) for call in each.calls)) for each in start.talked()
    ]
    return start.with_talked(rounds)


def _answered(call: Called, given: Mapping[str, str]) -> Called:
    if call.id not in given:
        return call
    return structs.replace(call, content=given[call.id], misused=False, by_person=True)
