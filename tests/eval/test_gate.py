"""The gate against questions over the demo corpus; `pytest tests/eval -s` prints the figures."""

import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatter.documents.facade import judge
from tests.eval.conftest import Library

WANTED = 0.9
PARTS = {"all 100": {"tuned", "held out"}, "tuned": {"tuned"}, "held out": {"held out"}, "fresh 40": {"fresh"}}
QUESTIONS = Path(__file__).with_name("questions.toml")


@dataclass(frozen=True)
class Judged:
    question: str
    answerable: bool
    part: str
    strong: bool
    seconds: float

    @property
    def right(self) -> bool:
        return self.strong is self.answerable


async def judged(library: Library) -> list[Judged]:
    results = []
    for kind, questions in tomllib.loads(QUESTIONS.read_text()).items():
        fresh = kind.startswith("fresh_")
        for number, question in enumerate(questions):
            found = await library.search(question)
            begin = time.process_time()
            strong = judge(found).strong
            spent = time.process_time() - begin
            part = "fresh" if fresh else ("tuned", "held out")[number % 2]
            results.append(Judged(question, not kind.endswith("unanswerable"), part, strong, spent))
    return results


async def test_the_gate_is_right_for_nine_of_ten_questions(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    results = await judged(library)
    shares = {}
    lines = [
        "gate over the demo corpus: 50 answerable and 50 unanswerable questions, and 40 written after it was finished"
    ]
    for name, parts in PARTS.items():
        for label, answerable in (("", {True, False}), ("  answerable", {True}), ("  unanswerable", {False})):
            part = [result for result in results if result.part in parts and result.answerable in answerable]
            right = sum(result.right for result in part)
            shares[name + label] = right / len(part)
            lines.append(f"  {name + label:28} {right:3} of {len(part):3}  {right / len(part):.0%}")
    wrong = [result for result in results if not result.right]
    lines += [f"  {'kept back' if result.answerable else 'let through'}: {result.question}" for result in wrong]
    lines.append(f"  CPU of a judgement: {1000 * sum(result.seconds for result in results) / len(results):.2f} ms")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert shares["all 100"] >= WANTED
    assert shares["held out"] >= WANTED
