"""A provider, and one that was found on the server, as cards."""

from chatter.llm.schemas import Offer, Provider
from chatter_dashboard.components.layout import button, card, div, icon, text
from chatter_dashboard.components.table import Action, Column, Empty, Table
from chatter_dashboard.pages.models.board import Board
from chatter_dashboard.pages.models.dialogs import add_model, delete_provider, edit_provider, test_provider
from chatter_dashboard.pages.models.state import model_row
from chatter_dashboard.shell.notices import say

__all__ = ["offer_card", "provider_card"]

_COLUMNS = [
    Column(key="label", label="Model", kind="name"),
    Column(key="context", label="Context", kind="number", hide="md"),
    Column(key="state", label="State", kind="state"),
]
_ACTIONS = [
    Action(id="default", label="Make default", icon="star"),
    Action(id="enable", label="Enable", icon="check"),
    Action(id="disable", label="Disable", icon="close"),
]
_NO_MODELS = Empty(icon="model", title="No models yet", text="Test the provider to see what it offers, or add one.")
_FEW = 6


def offer_card(offer: Offer, board: Board) -> None:
    """What was found, and one button to use it."""

    async def accept() -> None:
        provider = await board.state.api.accept_offer(offer.id)
        await board.refresh()
        say(f"{provider.name} can be used now.")

    with div("lx-banner"):
        icon("plug").classes("lx-i-accent")
        with div("lx-rowline-main"):
            text("strong", f"{offer.name} was found")
            text("p", offer.source)
        button("Use it", accept)


def provider_card(provider: Provider, board: Board) -> None:
    """Where it is, what can be done with it, its models."""
    with card(""):
        with div("lx-rowline"):
            with div("lx-row-icon"):
                icon("model" if provider.built_in else "plug")
            with div("lx-rowline-main"):
                text("h2", provider.name, classes="lx-rowline-title")
                text("span", _where(provider))
            _buttons(provider, board)
        if provider.notice:
            with div("lx-rowline lx-notice"):
                icon("warning")
                text("span", provider.notice)
        _models(provider, board)


def _where(provider: Provider) -> str:
    if provider.built_in:
        return "On this server, without a key"
    keys = {"none": "no key", "environment": "key from the environment of this server", "stored": "key"}
    key = keys[provider.key_source] + (f" …{provider.key_hint}" if provider.key_hint else "")
    return f"{provider.base_url} · {key}"


def _buttons(provider: Provider, board: Board) -> None:
    if board.state.may_change:
        button("Test", lambda: test_provider(board, provider), icon_name="plug")
    if provider.built_in:
        return
    if board.state.may_choose:
        button("Add model", lambda: add_model(board, provider))
    if board.state.may_change:
        button("Edit", lambda: edit_provider(board, provider))
    if board.state.may_delete:
        button("Remove", lambda: delete_provider(board, provider))


def _models(provider: Provider, board: Board) -> None:
    table = Table(_COLUMNS, caption=f"Models of {provider.name}", actions=_ACTIONS, empty=_NO_MODELS)
    ordered = sorted(provider.models, key=lambda model: (not model.is_default, not model.enabled, model.label.lower()))
    enabled = sum(model.enabled for model in ordered)
    first = ordered[: max(_FEW, enabled)]

    async def act(action: str, model_id: str) -> None:
        message = await board.state.act_on_model(action, model_id)
        await board.refresh()
        say(message)

    async def show_all() -> None:
        table.show([model_row(model, may_choose=board.state.may_choose) for model in ordered])

    table.on_action(act).on_more(show_all)
    rows = [model_row(model, may_choose=board.state.may_choose) for model in first]
    table.show(rows, more=len(first) < len(ordered))
