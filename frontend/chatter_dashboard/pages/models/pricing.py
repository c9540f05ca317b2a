"""What a model costs an organisation that pays other prices than the list's."""

from chatter.llm.schemas import Model, PriceSet
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.pages.models.board import Board
from chatter_dashboard.shell.notices import say

__all__ = ["set_price"]

_WORDS = "In dollars for a million tokens, from today on. What was used before keeps the price of its day."


def set_price(board: Board, model: Model) -> None:
    """Type the price and save it."""
    board.dialogs.clear()
    with board.dialogs:
        dialog = Dialog(f"Price of {model.label}", text=_WORDS)

    async def submit(values: Values) -> None:
        price = PriceSet(
            input=values["input"].strip(), output=values["output"].strip(), cached=values["cached"].strip() or None
        )
        await board.state.api.set_price(model.id, price)
        dialog.close()
        await board.refresh()
        say(f"{model.label} has a price of its own.")

    now = model.price
    fields = [
        Field(name="input", label="Input", value=now.input if now else "", example="0.15", max_length=24),
        Field(name="output", label="Output", value=now.output if now else "", example="0.60", max_length=24),
        Field(
            name="cached",
            label="Cached input",
            value=(now.cached or "") if now else "",
            optional=True,
            hint="What the provider had read before; without it, the price of other input.",
            max_length=24,
        ),
    ]
    with dialog:
        Form(fields, submit_label="Save price", on_submit=submit)
    dialog.open()
