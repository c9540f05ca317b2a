"""What the run engine executes for a turn, and how it closes one that another process left."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from chatter.chat.ports import Knowledge, Speaker
from chatter.chat.repository import ChatRepository, Origin
from chatter.chat.schemas import PassageFound
from chatter.chat.turn import Answer, Question, TurnContext, close_answer
from chatter.llm.facade import Billed, Ledger, estimated_tokens
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
        self._ledger = Ledger(purpose="answer", origin=question.answer_id, subject_id=question.answer_id)

    async def execute(self, run: ActiveRun) -> None:
        question = self._question
        self._ledger = _ledger(run, answer_id=question.answer_id)
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
            ledger=self._ledger,
        )
        await graph.run(run, context=context, start={"question": question.text})

    async def close(self, run: ActiveRun, *, ending: Ending) -> bool:
        return await close_answer(
            run,
            ending=ending,
            question=self._question,
            answer=self._answer,
            model=self._speaker.label,
            ledger=self._ledger,
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
        ledger = _ledger(run, answer_id=answer_id, attempt=run.grant.fence - 1)
        if self._answer.begun:
            _note_lost(ledger, origin, self._answer.passages, text=run.log.text_so_far)
        return await close_answer(
            run,
            ending=ending,
            question=Question(origin.conversation_id, answer_id, None, ""),
            answer=self._answer,
            model=origin.model or "",
            ledger=ledger,
            repository=self._repository,
        )


class TurnKind:
    """Turns, as the engine knows them."""

    name = KIND

    def __init__(self, repository: ChatRepository) -> None:
        self._repository = repository

    def revive(self, lapsed: LapsedRun) -> AbandonedTurn:
        return AbandonedTurn(self._repository, lapsed=lapsed)


def _ledger(run: ActiveRun, *, answer_id: UUID, attempt: int | None = None) -> Ledger:
    """The calls of one attempt at an answer: this one, unless another is named by its fence."""
    return Ledger(
        purpose="answer",
        origin=run.grant.run_id,
        attempt=attempt or run.grant.fence,
        user_id=run.owner_id,
        subject_id=answer_id,
        run_id=run.grant.run_id,
    )


def _note_lost(ledger: Ledger, origin: Origin, passages: Sequence[PassageFound], *, text: str) -> None:
    """The model of a process that is gone has spoken: what it took is estimated, its price is not known any more."""
    billed = Billed(model_id=origin.model_id, model=origin.model or "", provider="", price=None)
    ledger.lost(billed, prompt_tokens=sum(estimated_tokens(passage.text) for passage in passages), written=text)


def _passages_in(frames: Sequence[bytes]) -> list[PassageFound]:
    """Return the passages that were shown, from the event that showed them."""
    for frame in frames:
        _, found, data = frame.partition(_PASSAGES)
        if found:
            return _passages_event.decode(b"{" + data.rstrip()).value
    return []
