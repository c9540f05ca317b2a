"""Models: the providers in use, what they offer, which model answers by default."""

from chatter_dashboard.components.layout import button, div, page_head
from chatter_dashboard.pages.models.board import Board
from chatter_dashboard.pages.models.cards import offer_card, provider_card
from chatter_dashboard.pages.models.dialogs import add_provider
from chatter_dashboard.pages.models.stand_ins import choose_stand_ins
from chatter_dashboard.pages.models.state import ModelsState
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["models"]


@page("Models", width="narrow")
async def models(visitor: Visitor) -> None:
    """A card for each provider."""
    state = ModelsState(visitor)

    async def refresh() -> None:
        await state.load()
        show()

    def show() -> None:
        body.clear()
        with body:
            for offer in state.offers:
                offer_card(offer, board)
            for provider in state.providers:
                provider_card(provider, board)

    head = page_head("Models", lead="Who writes the answers")
    board = Board(state, dialogs=div("lx-contents"), refresh=refresh)
    if state.may_add:
        with head:
            button("Add provider", lambda: add_provider(board), icon_name="plus", primary=True)
    async with loading():
        await state.load()
    if state.may_choose:
        with head:
            button("Stand-ins", lambda: choose_stand_ins(board))
    body = div("lx-stack")
    show()
