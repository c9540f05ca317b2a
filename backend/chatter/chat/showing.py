"""What readers are shown of an answer while it is written: its beginning, what stands after a takeover, its end."""

from chatter.chat.citations import Source, cite
from chatter.chat.schemas import Citation, UsageShown
from chatter.chat.turn_state import Answer, Question, TurnContext
from chatter.runs.schemas import (
    Custom,
    MessagesSnapshot,
    SnapshotMessage,
    StreamEvent,
    TextMessageEnd,
    TextMessageStart,
)

__all__ = ["begin", "citations_of", "end", "go_on", "last_words"]


def begin(context: TurnContext) -> None:
    """Show that there is text to come."""
    context.answer.begun = True
    context.run.log.emit(TextMessageStart(message_id=context.question.answer_id))
    context.run.log.begin_text(context.question.answer_id)


def go_on(context: TurnContext, *, text: str) -> None:
    """Go on with the text that another process left, or begin it anew; readers are told what stands."""
    answer_id, log = context.question.answer_id, context.run.log
    log.emit(MessagesSnapshot(messages=[SnapshotMessage(id=answer_id, content=text)]))
    log.resume_text(answer_id, text=text)


def end(context: TurnContext) -> None:
    """Show that the text is complete, with its sources and what it took."""
    answer, log = context.answer, context.run.log
    answer.text = log.text_so_far
    log.emit(*last_words(answer, question=context.question, model=context.speaker.label))
    answer.ended = True


def last_words(answer: Answer, *, question: Question, model: str) -> list[StreamEvent]:
    """The events that end an answer, of the model that was asked if none has spoken."""
    events: list[StreamEvent] = [TextMessageEnd(message_id=question.answer_id)]
    if answer.text_kind == "text":
        answer.citations = citations_of(answer)
        usage = UsageShown(
            input_tokens=answer.input_tokens,
            output_tokens=answer.output_tokens,
            model=answer.model or model,
            model_id=answer.model_id,
        )
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
