"""A call is one row, whichever of two processes notes it, and whoever does so first."""

from uuid import UUID, uuid4

import pytest

from chatter.usage.counts import TokenUsage
from chatter.usage.facade import FREE, Billed, Ledger, Outcome

RUN = uuid4()
BILLED = Billed(model_id=None, model="some", label="Some", provider="Provider", price=FREE)


def ledger(attempt: int = 1, *, of: Ledger | None = None) -> Ledger:
    return Ledger(purpose="answer", origin=RUN, attempt=attempt, uses=[] if of is None else of.uses)


def called(by: Ledger, outcome: Outcome = "complete") -> UUID:
    call_id = by.next_id()
    usage = TokenUsage(input_tokens=9, output_tokens=2)
    by.uses.append(by.use(call_id, BILLED, usage, outcome=outcome, reported=outcome == "complete"))
    return call_id


def noted_by_a_successor(attempt: int) -> UUID:
    left = ledger(attempt)
    left.lost(BILLED, prompt_tokens=9, written="two words")
    return left.uses[0].id


@pytest.mark.parametrize(
    ("outcome", "kept_as", "left_as"), [("complete", "complete", "complete"), ("stopped", "stopped", "cut")]
)
def test_the_last_call_has_the_id_by_which_a_successor_notes_it(outcome: Outcome, kept_as: str, left_as: str) -> None:
    here = ledger()
    refused, _ = called(here, "refused"), called(here, outcome)
    for leaves, told in ((False, kept_as), (True, left_as)):
        first, last = here.to_keep(leaves=leaves)
        assert (first.id, first.outcome) == (refused, "refused")
        assert (last.id, last.outcome) == (noted_by_a_successor(1), told)


def test_what_is_kept_is_not_kept_again_and_is_not_what_a_successor_misses() -> None:
    here = ledger()
    called(here, "stopped")
    here.kept = len(here.uses)
    assert here.to_keep(leaves=True) == []
    called(here, "stopped")
    [last] = here.to_keep(leaves=True)
    assert (last.id, last.outcome) == (noted_by_a_successor(1), "cut")


def test_a_call_that_was_lost_before_is_nobodys_last() -> None:
    here = ledger(2)
    ledger(1, of=here).lost(BILLED, prompt_tokens=9, written="two words")
    assert [use.id for use in here.to_keep(leaves=True)] == [noted_by_a_successor(1)]
    called(here)
    assert [use.id for use in here.to_keep()] == [noted_by_a_successor(1), noted_by_a_successor(2)]
