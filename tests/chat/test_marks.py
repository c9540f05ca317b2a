"""Marks that a model writes by itself never reach the reader."""

import pytest

from chatter.chat.marks import MarkFilter


def through(*deltas: str) -> str:
    marks = MarkFilter()
    return "".join(marks.feed(delta) for delta in deltas) + marks.finish()


@pytest.mark.parametrize(
    ("deltas", "shown"),
    [
        (("It is 30 days [1].",), "It is 30 days."),
        (("It is 30 ", "days", " [", "1", "]", "."), "It is 30 days."),
        (("Both apply.[1][2] And", " more [1, 3]."), "Both apply. And more."),
        (
            (
                "items",
                "[0] is first",
            ),
            "items[0] is first",
        ),
        (("a link [here](x) stays",), "a link [here](x) stays"),
        (("ends with [",), "ends with ["),
        (("【2】 odd brackets",), " odd brackets"),
        (("the year [2024] stays",), "the year [2024] stays"),
        (("one ", "two ", "three "), "one two three"),
    ],
)
def test_marks_are_taken_out_wherever_the_stream_cuts_them(deltas: tuple[str, ...], shown: str) -> None:
    assert through(*deltas) == shown


def test_plain_text_is_not_held_back() -> None:
    assert MarkFilter().feed("Hello") == "Hello"
