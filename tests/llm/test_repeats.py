"""A small model's answer ends where it begins to repeat itself."""

from chatter.llm.local_models.repeats import RepeatGuard

FIRST = "The warranty covers faults of the material."


def through(*pieces: str) -> tuple[str, bool]:
    guard = RepeatGuard()
    shown = ""
    for piece in pieces:
        shown += guard.feed(piece)
        if guard.over:
            break
    return shown + guard.finish(), guard.over


def test_a_sentence_that_comes_again_is_not_shown() -> None:
    assert through(f"- {FIRST}", "\n- The warr", "anty covers faults ", "of the material.", "\n") == (
        f"- {FIRST}\n",
        True,
    )


def test_a_sentence_that_only_begins_like_an_earlier_one_is_shown() -> None:
    other = " The warranty covers faults of workmanship."
    assert through(FIRST, *other) == (FIRST + other, False)


def test_text_is_shown_as_it_comes() -> None:
    guard = RepeatGuard()
    assert [guard.feed(piece) for piece in ("The", " first", " words")] == ["The", " first", " words"]


def test_a_repetition_that_is_cut_off_is_not_shown() -> None:
    assert through(f"{FIRST} ", "The warranty covers") == (FIRST, False)


def test_short_sentences_may_come_again() -> None:
    assert through("Yes. ", "Yes. ", "No.") == ("Yes. Yes. No.", False)
