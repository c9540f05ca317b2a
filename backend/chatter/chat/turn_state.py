"""What one turn is made of: the question, what has come of the answer, and what the graph keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

from chatter.chat.ports import Knowledge, Speaker
from chatter.chat.prompts import Said
from chatter.chat.repository import ChatRepository
from chatter.chat.schemas import Citation, PassageFound
from chatter.runs.facade import ActiveRun
from chatter.runs.schemas import Outcome
from chatter.tools.facade import Toolbox
from chatter.usage.facade import Ledger, estimated_tokens

__all__ = ["HISTORY", "Answer", "Question", "TurnContext", "TurnState", "history_of", "prompt_estimate"]

HISTORY = 12


class TurnState(TypedDict, total=False):
    """What the graph checkpoints: plain values only."""

    question: str
    instructions: str
    """What the person wants the model to keep to in this answer; only branches have any."""
    passages: bytes
    """JSON of the passages found."""
    evidence: str
    answer: str
    rounds: bytes
    """JSON of the rounds in which tools were called."""
    said: str
    """The text at the end of the last of them."""
    calling: bool
    input_tokens: int | None
    """What the rounds took, as far as it was reported."""
    output_tokens: int | None


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, and where it hangs."""

    conversation_id: UUID
    answer_id: UUID
    parent_id: UUID | None
    text: str
    tools: Sequence[str] = ()
    """What the model may call."""
    collection_ids: Sequence[UUID] | None = None
    """What is searched, where that is known already; none of them: all documents."""


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
    model: str | None = None
    """What the model that spoke is called, once one did: another may stand in for the one that was asked."""
    model_id: UUID | None = None


@dataclass(slots=True)
class TurnContext:
    """What the steps work with; never checkpointed."""

    run: ActiveRun
    question: Question
    speaker: Speaker
    knowledge: Knowledge
    repository: ChatRepository
    toolbox: Toolbox
    answer: Answer
    ledger: Ledger
    history: Sequence[Said] | None = None
    """What was said before, once it is known."""
    left: Ledger | None = None
    """The calls of the process before, which left its step in the middle; None once that is accounted for."""
    settled: bool = False
    """Whether the text was begun, or gone on with, in this process."""


def prompt_estimate(answer: Answer) -> int:
    """About how many tokens the prompt of a call took that nobody counted: its passages are most of it."""
    return sum(estimated_tokens(passage.text) for passage in answer.passages)


async def history_of(context: TurnContext) -> Sequence[Said]:
    """Return what was said before the question, newest first; read once."""
    if context.history is None:
        parent_id, tenant_id = context.question.parent_id, context.run.grant.tenant_id
        context.history = (
            () if parent_id is None else await context.repository.history(tenant_id, before=parent_id, limit=HISTORY)
        )
    return context.history
