"""What the run engine executes for a turn, from its beginning or from where another process left it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from chatter.chat.branch_state import Start
from chatter.chat.kept import answer_in, lost_calls
from chatter.chat.ports import Knowledge, Speaker
from chatter.chat.replaying import replay
from chatter.chat.repository import Asked, ChatRepository, Closed, Origin
from chatter.chat.turn import close_answer
from chatter.chat.turn_state import Answer, Question, TurnContext, prompt_estimate
from chatter.kit.errors import ChatterError
from chatter.llm.ports import TokenUsage
from chatter.runs.facade import ActiveRun, Ending, LapsedRun, StepGraph, Told
from chatter.runs.schemas import RunStarted
from chatter.tools.facade import Toolbox
from chatter.usage.facade import Billed, Ledger, ModelUse

__all__ = ["KIND", "TurnKind", "TurnWork"]

KIND = "chat.turn"


class Turns(Protocol):
    """What a turn's work needs of its process."""

    knowledge: Knowledge
    repository: ChatRepository
    toolbox: Toolbox

    def prepare(self) -> None: ...
    async def announce(self) -> None: ...
    async def require_asker(self, lapsed: LapsedRun, *, tools: Sequence[str]) -> None: ...
    async def graph(self) -> StepGraph[TurnContext]: ...
    async def speaker(self, lapsed: LapsedRun, *, origin: Origin) -> Speaker: ...


class TurnWork:
    """The work of one turn's run."""

    def __init__(self, turns: Turns, *, question: Question, speaker: Speaker) -> None:
        self._turns = turns
        self._question = question
        self._speaker = speaker
        self._answer = Answer()
        self._ledger: Ledger | None = None

    async def execute(self, run: ActiveRun) -> None:
        run.log.emit(_started(run, question=self._question), border=True)
        self._ledger = ledger = _ledger(run, question=self._question, uses=[])
        await _run(self._turns, run, question=self._question, speaker=self._speaker, answer=self._answer, ledger=ledger)

    async def close(self, run: ActiveRun, *, ending: Ending) -> bool:
        closed = await close_answer(
            run,
            ending=ending,
            question=self._question,
            answer=self._answer,
            asked=Asked(self._speaker.label, self._speaker.billed.model_id),
            uses=[] if self._ledger is None else self._ledger.to_keep(),
            repository=self._turns.repository,
        )
        return await _announced(self._turns, closed)

    async def hand_over(self, run: ActiveRun) -> None:
        await _keep_left(self._turns, run, ledger=self._ledger)


class LeftTurn:
    """A turn that another process left: what that one had shown stands, the rest is done here."""

    def __init__(self, turns: Turns, *, lapsed: LapsedRun) -> None:
        self._turns = turns
        self._lapsed = lapsed
        self._origin: Origin | None = None
        self._answer: Answer | None = None
        self._uses: list[ModelUse] = []
        self._ledger: Ledger | None = None

    async def execute(self, run: ActiveRun) -> None:
        origin = await self._known_origin()
        begun = b"RUN_STARTED" in b"".join(run.log.frames)
        if not begun:  # it waited for its turn
            await self._turns.require_asker(self._lapsed, tools=origin.tools)
        speaker = await self._turns.speaker(self._lapsed, origin=origin)
        question, answer = self._question(origin), self._known_answer(run)
        if not begun:
            run.log.emit(_started(run, question=question), border=True)
        self._ledger = ledger = _ledger(run, question=question, uses=self._uses)
        left = _ledger(run, question=question, uses=self._uses, attempt=run.grant.fence - 1)
        await _run(
            self._turns,
            run,
            question=question,
            speaker=speaker,
            answer=answer,
            ledger=ledger,
            left=left,
            branch=origin.start,
        )

    async def close(self, run: ActiveRun, *, ending: Ending) -> bool:
        origin = await self._known_origin()
        await self._note_lost(run, origin=origin)
        closed = await close_answer(
            run,
            ending=ending,
            question=self._question(origin),
            answer=self._known_answer(run),
            asked=Asked(origin.model or "", origin.model_id),
            uses=self._uses if self._ledger is None else self._ledger.to_keep(),
            repository=self._turns.repository,
        )
        return await _announced(self._turns, closed)

    async def hand_over(self, run: ActiveRun) -> None:
        await _keep_left(self._turns, run, ledger=self._ledger)

    async def _note_lost(self, run: ActiveRun, *, origin: Origin) -> None:
        """Note the calls that those who had the run before took with them, also when nobody asks a model again."""
        lost = lost_calls(run.log.frames, fence=run.grant.fence)
        if not lost:
            return
        billed, noted = await self._billed(origin), {use.id for use in self._uses}
        answer = self._known_answer(run)
        for attempt, call in lost.items():
            left = _ledger(run, question=self._question(origin), uses=[], attempt=attempt)
            left.lost(
                await self._billed(replace(origin, model_id=answer.model_id)) if call.ended else billed,
                prompt_tokens=prompt_estimate(answer),
                written=call.written,
                counted=_counted(answer) if call.ended and call.alone else None,
                outcome="complete" if call.ended else "cut",
            )
            self._uses.extend(use for use in left.uses if use.id not in noted)

    async def _billed(self, origin: Origin) -> Billed:
        try:
            return (await self._turns.speaker(self._lapsed, origin=origin)).billed
        except ChatterError:  # the model is gone, or not for whoever asked any more: what it costs is not known
            label = origin.model or ""
            return Billed(model_id=origin.model_id, model=label, label=label, provider="", price=None)

    async def _known_origin(self) -> Origin:
        if self._origin is None:
            tenant_id, answer_id = self._lapsed.grant.tenant_id, self._lapsed.subject_id
            self._origin = await self._turns.repository.origin(tenant_id, answer_id=answer_id)
        return self._origin

    def _known_answer(self, run: ActiveRun) -> Answer:
        """What had come of it when it was left, and whatever came since."""
        if self._answer is None:
            self._answer = answer_in(run.log.frames)
        return self._answer

    def _question(self, origin: Origin) -> Question:
        answer_id = self._lapsed.subject_id
        return Question(origin.conversation_id, answer_id, origin.parent_id, origin.question, tuple(origin.tools))


class TurnKind:
    """Turns, as the engine knows them."""

    name = KIND

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def prepare(self) -> None:
        self._turns.prepare()

    def revive(self, lapsed: LapsedRun) -> LeftTurn:
        return LeftTurn(self._turns, lapsed=lapsed)

    async def told(self, tenant_id: UUID, *, subject_id: UUID) -> Told:
        return await self._turns.repository.told(tenant_id, answer_id=subject_id)


async def _announced(turns: Turns, closed: Closed) -> bool:
    """Tell whoever takes runs when a message that waited goes on."""
    if closed.goes_on:
        await turns.announce()
    return closed.held


async def _keep_left(turns: Turns, run: ActiveRun, *, ledger: Ledger | None) -> None:
    """Keep what was asked of models and is not kept yet, before another process goes on."""
    if ledger is not None and (uses := ledger.to_keep(leaves=True)):
        await turns.repository.keep_uses(run.grant.tenant_id, uses)


def _counted(answer: Answer) -> TokenUsage | None:
    """What the provider said that the whole answer took."""
    if answer.input_tokens is None or answer.output_tokens is None:
        return None
    return TokenUsage(input_tokens=answer.input_tokens, output_tokens=answer.output_tokens)


def _started(run: ActiveRun, *, question: Question) -> RunStarted:
    return RunStarted(run_id=run.grant.run_id, conversation_id=question.conversation_id, message_id=question.answer_id)


def _ledger(run: ActiveRun, *, question: Question, uses: list[ModelUse], attempt: int | None = None) -> Ledger:
    """The calls of one attempt at an answer: this one, unless another is named by its fence."""
    return Ledger(
        purpose="answer",
        origin=run.grant.run_id,
        attempt=attempt or run.grant.fence,
        user_id=run.owner_id,
        subject_id=question.answer_id,
        run_id=run.grant.run_id,
        uses=uses,
    )


async def _run(
    turns: Turns,
    run: ActiveRun,
    *,
    question: Question,
    speaker: Speaker,
    answer: Answer,
    ledger: Ledger,
    left: Ledger | None = None,
    branch: Start | None = None,
) -> None:
    graph = await turns.graph()
    context = TurnContext(
        run=run,
        question=question,
        speaker=speaker,
        knowledge=turns.knowledge,
        repository=turns.repository,
        toolbox=turns.toolbox,
        answer=answer,
        ledger=ledger,
        left=left,
    )
    if branch is None:
        await graph.run(run, context=context, start={"question": question.text})
        return
    replay(context, branch)
    await graph.run(run, context=context, start=branch.state(), at=branch.at)
