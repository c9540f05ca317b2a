"""A provider, and one that was found on the server, as cards."""

from chatter.llm.schemas import Model, Offer, Provider
from chatter.usage.schemas import ProviderHealth
from chatter_dashboard.components.layout import button, card, div, icon, text
from chatter_dashboard.components.table import Action, Column, Empty, Row, Table
from chatter_dashboard.pages.models.audience import choose_audience
from chatter_dashboard.pages.models.board import Board
from chatter_dashboard.pages.models.dialogs import add_model, delete_provider, edit_provider, test_provider
from chatter_dashboard.pages.models.pricing import set_price
from chatter_dashboard.pages.models.state import model_row
from chatter_dashboard.pages.usage.words import seconds
from chatter_dashboard.shell.notices import say

__all__ = ["offer_card", "provider_card"]

_COLUMNS = [
    Column(key="label", label="Model", kind="name"),
    Column(key="context", label="Context", kind="number", hide="md"),
    Column(key="price", label="A million tokens", hide="md"),
    Column(key="who", label="For", hide="md"),
    Column(key="state", label="State", kind="state"),
]
_ACTIONS = [
    Action(id="default", label="Make default", icon="star"),
    Action(id="enable", label="Enable", icon="check"),
    Action(id="disable", label="Disable", icon="close"),
    Action(id="price", label="Set the price of", icon="edit"),
    Action(id="audience", label="Say who may use", icon="team"),
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
                if provider.id in board.state.health:
                    text("span", _condition(board.state.health[provider.id]))
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
    most = provider.max_concurrency
    limit = "" if most is None else f" · {most} {'call' if most == 1 else 'calls'} at once"
    return f"{provider.base_url} · {key}{limit}"


def _condition(health: ProviderHealth) -> str:
    """How it did lately."""
    count = f"{health.calls:,} calls in 24 hours" if health.calls != 1 else "1 call in 24 hours"
    if health.failures:
        count += f", {health.failures:,} failed"
    if health.state == "failing" and health.last_error is not None and health.last_error_at is not None:
        words = health.last_error.removeprefix("provider_").replace("_", " ")
        return f"Failing: {words}, {health.last_error_at:%H:%M} UTC · {count}"
    first = f" · first word after {seconds(health.first_token_ms)}" if health.first_token_ms is not None else ""
    return f"Answering · {count}{first}"


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

    def rows(models: list[Model]) -> list[Row]:
        state = board.state
        return [model_row(model, may_choose=state.may_choose, may_name=state.may_name) for model in models]

    async def act(action: str, model_id: str) -> None:
        if action == "price":
            set_price(board, board.state.model(model_id))
            return
        if action == "audience":
            await choose_audience(board, board.state.model(model_id))
            return
        message = await board.state.act_on_model(action, model_id)
        await board.refresh()
        say(message)

    async def show_all() -> None:
        table.show(rows(ordered))

    table.on_action(act).on_more(show_all)
    table.show(rows(first), more=len(first) < len(ordered))
