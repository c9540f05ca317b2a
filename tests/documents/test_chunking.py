"""Passages point exactly into their page."""

from hypothesis import given
from hypothesis import strategies as st

from chatter.documents.chunking import TARGET_CHARACTERS, chunked
from chatter.documents.extraction import Page
from chatter.documents.pages import normalised

SENTENCE = "Every employee receives a laptop on the first day, and returns it on the last one. "


@given(st.lists(st.text(alphabet=st.sampled_from("ab .!?\nAB1|\t"), max_size=4000), max_size=3))
def test_every_passage_is_the_text_at_its_span_and_nothing_is_lost(texts: list[str]) -> None:
    pages = [Page(number=number, text=normalised(text)) for number, text in enumerate(texts, 1)]
    chunks = chunked(pages, title="Title")
    for page in pages:
        own = [chunk for chunk in chunks if chunk.page == page.number]
        assert all(page.text[chunk.start : chunk.end] == chunk.text for chunk in own)
        assert "".join("".join(chunk.text.split()) for chunk in own) == "".join(page.text.split())
    assert all(chunk.text.strip() == chunk.text for chunk in chunks)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))


def test_a_passage_ends_at_the_end_of_a_sentence() -> None:
    chunks = chunked([Page(number=1, text=(SENTENCE * 60).strip())], title="Title")
    assert len(chunks) > 3
    assert all(chunk.text.endswith("last one.") and len(chunk.text) <= TARGET_CHARACTERS for chunk in chunks)


def test_a_heading_stands_with_the_text_below_it_and_names_the_passages_after_it() -> None:
    text = f"{SENTENCE * 5}\n\nEquipment\n\n{SENTENCE * 20}"
    chunks = chunked([Page(number=1, text=normalised(text))], title="Handbook")
    assert chunks[0].context == "Handbook"
    assert chunks[1].text.startswith("Equipment\n\nEvery employee")
    assert all(chunk.context == "Handbook \u203a Equipment" for chunk in chunks[1:])


def test_an_abbreviation_does_not_end_a_sentence() -> None:
    filler = "x" * 430
    chunks = chunked([Page(number=1, text=f"{filler} y. {filler} by Dr. Smith of No. 7.")], title="T")
    assert chunks[-1].text.endswith("by Dr. Smith of No. 7.")
    assert len(chunks) == 1 or chunks[-1].text.startswith("xxx")


def test_equal_passages_under_equal_headings_share_a_hash() -> None:
    first, second = (chunked([Page(number=n, text="The same words.")], title="T")[0] for n in (1, 2))
    other = chunked([Page(number=1, text="The same words.")], title="Another")[0]
    assert first.content_hash == second.content_hash != other.content_hash
