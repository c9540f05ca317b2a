"""Who answers in the place of the default model when its provider is busy, broken or silent."""

from uuid import UUID

from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import text
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.models.board import Board
from chatter_dashboard.shell.notices import say

__all__ = ["choose_stand_ins"]

_PLACES = ("First", "Second", "Third")
_WORDS = "They are asked in this order before the first word of an answer has come; after it nothing is asked again."


def choose_stand_ins(board: Board) -> None:
    """Choose up to three, in their order."""
    board.dialogs.clear()
    with board.dialogs:
        dialog = Dialog("Stand-ins for the default model", text=_WORDS)

    async def submit(values: Values) -> None:
        chosen = [UUID(values[place]) for place in _PLACES if values.get(place)]
        await board.state.api.choose_fallbacks(list(dict.fromkeys(chosen)))
        dialog.close()
        await board.refresh()
        say("Saved.")

    state = board.state
    with dialog:
        if state.default is None or state.default.small or not state.able:
            text("p", "Make a model of a provider the default and enable another one first.")
        else:
            Form(_fields(board), submit_label="Save", on_submit=submit)
    dialog.open()


def _fields(board: Board) -> list[Field]:
    options = (Option(value="", label="Nobody"), *(Option(value=str(m.id), label=m.label) for m in board.state.able))
    now = [str(model.id) for model in board.state.stand_ins]
    places = _PLACES[: len(board.state.able)]
    return [
        Field(
            name=place,
            label=place,
            kind="select",
            options=options,
            value=now[number] if number < len(now) else "",
            optional=True,
        )
        for number, place in enumerate(places)
    ]
