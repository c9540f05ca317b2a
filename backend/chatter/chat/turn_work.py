"""What the run engine executes for a turn, and how it closes one that another process left."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from chatter.chat.ports import Knowledge, Speaker
from chatter.chat.repository import ChatRepository
from chatter.chat.schemas import PassageFound
from chatter.chat.turn import Answer, Question, TurnContext, close_answer
from chatter.runs.facade import ActiveRun, Ending, LapsedRun, StepGraph
from chatter.runs.schemas import RunStarted

__all__ = ["KIND", "TurnKind", "TurnWork"]

KIND = "chat.turn"
_PASSAGES = b'data: {"type":"CUSTOM","name":"passages",'


class _PassagesEvent(msgspec.Struct):
    value: list[PassageFound]


_passages_event = msgspec.json.Decoder(_PassagesEvent)


class Turns(Protocol):
    """What a turn's work needs of its process."""

    knowledge: Knowledge
    repository: ChatRepository

    async def graph(self) -> StepGraph[TurnContext]: ...


class TurnWork:
    """The work of one turn's run."""

    def __init__(self, turns: Turns, *, question: Question, speaker: Speaker) -> None:
        self._turns = turns
        self._question = question
        self._speaker = speaker
        self._answer = Answer()

    async def execute(self, run: ActiveRun) -> None:
        question = self._question
        run.log.emit(
            RunStarted(
                run_id=run.grant.run_id, conversation_id=question.conversation_id, message_id=question.answer_id
            ),
            border=True,
        )
        graph = await self._turns.graph()
        context = TurnContext(
            run=run,
            question=question,
            speaker=self._speaker,
            knowledge=self._turns.knowledge,
            repository=self._turns.repository,
            answer=self._answer,
        )
        await graph.run(run, context=context, start={"question": question.text})

    async def close(self, run: ActiveRun, *, ending: Ending) -> bool:
        return await close_answer(
            run,
            ending=ending,
            question=self._question,
            answer=self._answer,
            model=self._speaker.label,
            repository=self._turns.repository,
        )


class AbandonedTurn:
    """A turn whose process is gone: what it had streamed is stored as an incomplete answer."""

    def __init__(self, repository: ChatRepository, *, lapsed: LapsedRun) -> None:
        self._repository = repository
        self._lapsed = lapsed
        self._answer = Answer()

    async def execute(self, run: ActiveRun) -> None:
        """Nothing: continuing where it stopped comes with taking runs over."""

    async def close(self, run: ActiveRun, *, ending: Ending) -> bool:
        tenant_id, answer_id = self._lapsed.grant.tenant_id, self._lapsed.subject_id
        origin = await self._repository.origin(tenant_id, answer_id=answer_id)
        if self._answer.passages == ():
            self._answer.passages = _passages_in(run.log.frames)
            self._answer.begun = bool(run.log.text_so_far)
        return await close_answer(
            run,
            ending=ending,
            question=Question(origin.conversation_id, answer_id, None, ""),
            answer=self._answer,
            model=origin.model or "",
            repository=self._repository,
        )


class TurnKind:
    """Turns, as the engine knows them."""

    name = KIND

    def __init__(self, repository: ChatRepository) -> None:
        self._repository = repository

    def revive(self, lapsed: LapsedRun) -> AbandonedTurn:
        return AbandonedTurn(self._repository, lapsed=lapsed)


def _passages_in(frames: Sequence[bytes]) -> list[PassageFound]:
    """Return the passages that were shown, from the event that showed them."""
    for frame in frames:
        _, found, data = frame.partition(_PASSAGES)
        if found:
            return _passages_event.decode(b"{" + data.rstrip()).value
    return []
