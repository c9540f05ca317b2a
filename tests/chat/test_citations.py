"""A mark is shown only where a passage carries the sentence."""

import pytest

from chatter.chat.citations import Source, cite

CONTRACT = Source(
    n=1,
    title="Supply agreement.pdf",
    text=(
        "Either party may terminate this agreement with a notice period of 30 days. "
        "Refunds are paid within 14 days of the cancellation. "
        "The annual fee is €1,200 and is invoiced by Northwind GmbH in January."
    ),
)
HANDBOOK = Source(
    n=2,
    title="Employee handbook.docx",
    text=(
        "Employees receive 25 days of paid holiday each year.\n"
        "Unused holiday can be carried over until 31 March of the following year.\n"
        "Remote work from outside the country is not allowed without written approval by the manager."
    ),
)
SOURCES = (CONTRACT, HANDBOOK)


def cited(answer: str) -> list[tuple[int, str]]:
    return [(mark.n, answer[mark.start : mark.end]) for mark in cite(answer, sources=SOURCES)]


def test_a_sentence_taken_from_a_passage_is_marked_with_its_number() -> None:
    assert cited("Employees receive 25 days of paid holiday each year.") == [
        (2, "Employees receive 25 days of paid holiday each year.")
    ]


@pytest.mark.parametrize(
    ("answer", "n"),
    [
        ("The agreement can be terminated by either party with 30 days notice.", 1),
        ("After a cancellation, refunds get paid within 14 days.", 1),
        ("The yearly fee of 1200 euros is invoiced in January.", 1),
        ("Holiday that was not used can't be carried over... it can be carried over until 31 March.", 2),
        ("Each employee receives 25 days of holiday per year.", 2),
        ("Working remotely from outside the country isn't allowed unless the manager has given written approval.", 2),
    ],
)
def test_a_paraphrase_is_marked(answer: str, n: int) -> None:
    assert n in {number for number, _ in cited(answer)}


@pytest.mark.parametrize(
    "answer",
    [
        "Either party may terminate this agreement with a notice period of 60 days.",
        "Either party may terminate this agreement with a notice period of 30 months.",
        "Either party may terminate this agreement with a notice period of 14 days.",
        "The annual fee is $1,200.",
        "Employees receive 30 days of paid holiday each year.",
    ],
    ids=["wrong number", "wrong unit", "number of the neighbouring sentence", "wrong currency", "wrong count"],
)
def test_a_wrong_quantity_is_not_marked(answer: str) -> None:
    assert cited(answer) == []


MANUAL = Source(
    n=3,
    text=(
        "The warranty is 24 months from delivery, and 36 months for the titanium housing. "
        "A day in first class costs 500 euros, a day in second class 300 euros."
    ),
)


@pytest.mark.parametrize(
    "answer",
    [
        "The warranty is 24 months from delivery, and 36 months for the titanium housing.",
        "The warranty is 24 months from delivery.",
        "The warranty is 36 months for the titanium housing.",
        "A day in second class costs 300 euros.",
        "The titanium housing has 36 months of warranty, and everything else 24 months.",
    ],
)
def test_each_of_two_quantities_goes_with_what_it_is_said_of(answer: str) -> None:
    assert [mark.n for mark in cite(answer, sources=[MANUAL])] == [3]


@pytest.mark.parametrize(
    "answer",
    [
        "The warranty is 24 months for the titanium housing.",
        "The warranty is 36 months from delivery.",
        "The warranty is 36 months from delivery, and 24 months for the titanium housing.",
    ],
)
def test_quantities_that_changed_places_are_not_marked(answer: str) -> None:
    assert cite(answer, sources=[MANUAL]) == []


def test_a_wrong_name_is_not_marked() -> None:
    assert cited("The annual fee is invoiced by Contoso GmbH in January.") == []
    assert cited("The annual fee is invoiced by Northwind GmbH in January.") != []


def test_the_opposite_is_not_marked() -> None:
    assert cited("Remote work from outside the country is allowed without written approval by the manager.") == []
    assert cited("Unused holiday cannot be carried over until 31 March of the following year.") == []
    assert (
        cited("Refunds are paid within 14 days before the cancellation.") != []
    )  # "before" has no opposite in the passage


@pytest.mark.parametrize(
    "answer",
    [
        "The office in Lisbon opens at nine.",
        "Paris is the capital of France.",
        "Yes.",
        "I hope this helps!",
        "Employees must wear a helmet on the building site.",
    ],
)
def test_what_no_passage_says_is_not_marked(answer: str) -> None:
    assert cited(answer) == []


def test_each_sentence_of_a_list_gets_its_own_span() -> None:
    answer = (
        "Here is what applies:\n- Refunds are paid within 14 days of the cancellation.\n"
        "- Employees receive 25 days of paid holiday."
    )
    assert cited(answer) == [
        (1, "Refunds are paid within 14 days of the cancellation."),
        (2, "Employees receive 25 days of paid holiday."),
    ]


def test_clauses_of_one_sentence_may_rest_on_different_passages() -> None:
    answer = (
        "Refunds are paid within 14 days of the cancellation, and employees receive 25 days of paid holiday each year."
    )
    assert [n for n, _ in cited(answer)] == [1, 2]


def test_only_the_supported_clause_is_marked() -> None:
    answer = "Employees receive 25 days of paid holiday each year, but the canteen serves lobster on Fridays."
    assert cited(answer) == [(2, "Employees receive 25 days of paid holiday each year")]


def test_the_quote_is_the_place_in_the_passage() -> None:
    [mark] = cite("Refunds are paid within 14 days.", sources=SOURCES)
    assert mark.quote == "Refunds are paid within 14 days of the cancellation."


def test_abbreviations_and_decimals_do_not_split_a_sentence() -> None:
    source = Source(n=1, text="The limit, e.g. for trucks, is 3.5 tonnes. It was set by Dr. Meyer.")
    answer = "The limit, e.g. for trucks, is 3.5 tonnes."
    [mark] = cite(answer, sources=[source])
    assert answer[mark.start : mark.end] == answer


def test_likeness_of_meaning_verifies_only_above_the_lexical_floor() -> None:
    answer = "Staff are granted 25 days of holiday annually."
    assert [m.n for m in cite(answer, sources=SOURCES, similarity=lambda _a, _b: 0.9)] == [2]
    assert cite("Lobster is served on Fridays.", sources=SOURCES, similarity=lambda _a, _b: 0.99) == []


def test_without_passages_nothing_is_marked() -> None:
    assert cite("Employees receive 25 days of paid holiday each year.", sources=[]) == []
