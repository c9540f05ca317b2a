"""What a log tells of calls to models that nobody noted."""

from uuid import uuid4

import pytest

from chatter.chat.kept import Lost, lost_calls
from chatter.chat.schemas import UsageShown
from chatter.runs.frames import TextFrames, frame
from chatter.runs.schemas import Custom, StreamEvent, TakenOver, TextMessageStart, ToolCallStart

ANSWER = uuid4()
ASKED = Custom(name="model_call", value={})
COUNTED = Custom(name="usage", value=UsageShown(input_tokens=9, output_tokens=2, model="Any"))
STEERED = Custom(name="steered", value=[])
CALLED = ToolCallStart(tool_call_id="call01000", tool_call_name="pay", parent_message_id=ANSWER)


def taken_over(fence: int) -> Custom:
    return Custom(name="taken_over", value=TakenOver(fence=fence))


def frames(*said: StreamEvent | str) -> list[bytes]:
    texts = TextFrames(ANSWER)
    begun = TextMessageStart(message_id=ANSWER)
    return [
        texts.frame(number, delta=each) if isinstance(each, str) else frame(number, event=each)
        for number, each in enumerate((begun, *said), 1)
    ]


@pytest.mark.parametrize(
    ("log", "fence", "lost"),
    [
        ([ASKED, "one ", "two", taken_over(2)], 2, {1: Lost("one two")}),
        ([taken_over(2)], 2, {}),
        ([ASKED, "one", taken_over(2), ASKED, "two", taken_over(3)], 3, {1: Lost("one"), 2: Lost("two", alone=False)}),
        ([ASKED, "one", CALLED, taken_over(2)], 2, {}),
        ([ASKED, "one", CALLED, ASKED, "two", taken_over(2)], 2, {1: Lost("two", alone=False)}),
        ([ASKED, "one", taken_over(2), ASKED, "two"], 2, {1: Lost("one")}),
        ([ASKED, "one"], 1, {}),
        (["before", ASKED, taken_over(2)], 2, {1: Lost("")}),
        ([ASKED, "one", COUNTED, taken_over(2)], 2, {1: Lost("one", ended=True)}),
        ([ASKED, "one", CALLED, ASKED, "two", COUNTED, taken_over(2)], 2, {1: Lost("two", ended=True, alone=False)}),
        ([ASKED, "one", taken_over(2), ASKED, "two", COUNTED], 2, {1: Lost("one")}),
        ([ASKED, "one", STEERED, ASKED, "two", taken_over(2)], 2, {1: Lost("two", alone=False)}),
    ],
    ids=[
        *("killed while it wrote", "killed before it asked", "killed twice", "killed at its tools"),
        *("killed in the second round", "gone on with", "not killed", "killed before the first word"),
        *("killed at its end", "killed at the end of the second round", "gone on with to its end"),
        "killed after something was said to it",
    ],
)
def test_a_call_is_lost_with_the_process_that_asked(
    log: list[StreamEvent | str], fence: int, lost: dict[int, Lost]
) -> None:
    assert lost_calls(frames(*log), fence=fence) == lost
