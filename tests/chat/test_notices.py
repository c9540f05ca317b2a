"""What is said when no model is asked: where to look, and nothing that a document could make of it."""

from uuid import uuid4

from chatter.chat.notices import no_evidence
from chatter.chat.schemas import PassageFound


def passage(text: str, *, name: str = "handbook.md") -> PassageFound:
    return PassageFound(n=1, chunk_id=uuid4(), document_id=uuid4(), document_name=name, page=1, text=text, score=0.5)


def test_the_closest_passages_are_quoted() -> None:
    notice = no_evidence([passage("Annual leave\n\nEvery employee has 28 days of paid leave a year.")])
    assert "- **handbook.md**, page 1: “Annual leave Every employee has 28 days of paid leave a year.”" in notice


def test_a_long_passage_is_cut_between_words() -> None:
    line = no_evidence([passage("word " * 200)]).splitlines()[-1]
    assert line.endswith("word …”")
    assert len(line) < 230


def test_markup_in_a_document_stays_text() -> None:
    notice = no_evidence([passage("![x](http://evil.test/a.png) <b>`code`</b> # head", name="[a](b)*.md")])
    last = notice.splitlines()[-1]
    assert r"**\[a\](b)\*.md**" in last
    assert r"\!\[x\](http://evil.test/a.png) \<b\>\`code\`\</b\> \# head" in last


def test_without_passages_nothing_is_listed() -> None:
    assert "closest" not in no_evidence([])
