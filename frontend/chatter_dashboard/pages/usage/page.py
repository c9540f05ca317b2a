"""Usage: what each model took and cost; what had to be estimated stands apart."""

from chatter.usage.schemas import UsageSummary, UsedCall, UsedModel
from chatter_dashboard.components.layout import card, div, page_head, text
from chatter_dashboard.components.table import Column, Empty, Row, State, Table
from chatter_dashboard.pages.usage.words import OUTCOMES, PURPOSES, money, tokens
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["usage"]

_DAYS = 30
_MODELS = [
    Column(key="model", label="Model", kind="name"),
    Column(key="calls", label="Calls", kind="number", hide="sm"),
    Column(key="tokens", label="Tokens", hide="sm"),
    Column(key="cached", label="Of it cached", kind="number", hide="md"),
    Column(key="cost", label="Cost"),
]
_CALLS = [
    Column(key="what", label="Call", kind="name"),
    Column(key="outcome", label="How it ended", kind="state", hide="sm"),
    Column(key="tokens", label="Tokens, about", hide="md"),
    Column(key="cost", label="Cost, about"),
    Column(key="at", label="When", kind="time", hide="sm"),
]
_NO_CALLS = Empty(icon="receipt", title="No model was used yet", text="What questions and documents take appears here.")
_NO_GUESSES = Empty(icon="check", title="Nothing had to be estimated", text="Providers counted every call.")


@page("Usage")
async def usage(visitor: Visitor) -> None:
    """The last 30 days."""
    page_head("Usage", lead=f"What models took in the last {_DAYS} days, at the prices of each day.")
    async with loading("cards"):
        found = await visitor.api.usage.summary(days=_DAYS)
        cut = (await visitor.api.usage.calls(source="estimated", limit=20)).items
    with div("lx-stack"):
        with card(""):
            _head("Counted by the providers", money(found.cost) if found.reported else "")
            table = Table(_MODELS, caption="Usage by model", empty=_NO_CALLS)
            table.show([_model_row(model) for model in found.reported])
        with card(""):
            _head("Estimated", money(found.estimated_cost) if found.estimated else "")
            table = Table(_MODELS, caption="Estimated usage by model", empty=_NO_GUESSES)
            table.show([_model_row(model) for model in found.estimated])
        if cut:
            with card(""):
                _head("The last calls that were estimated", "")
                Table(_CALLS, caption="Estimated calls").show([_call_row(call) for call in cut])
        text("p", _sources(found), classes="lx-muted")


def _head(title: str, total: str) -> None:
    with div("lx-list-bar"):
        text("h2", title)
        if total:
            text("span", total, classes="lx-muted")


def _model_row(model: UsedModel) -> Row:
    note = f"{model.unpriced_calls:,} calls without a known price" if model.unpriced_calls else ""
    return Row(
        id=f"{model.provider}/{model.model}",
        icon="model",
        note=f"{model.provider} · {note}" if note else model.provider,
        cells={
            "model": model.model,
            "calls": model.calls,
            "tokens": tokens(model.input_tokens, model.output_tokens),
            "cached": model.cached_tokens,
            "cost": money(model.cost),
        },
    )


def _call_row(call: UsedCall) -> Row:
    return Row(
        id=str(call.id),
        icon="model",
        note=call.model,
        cells={
            "what": PURPOSES[call.purpose],
            "outcome": State(text=OUTCOMES[call.outcome], tone="plain" if call.outcome == "complete" else "warn"),
            "tokens": tokens(call.input_tokens, call.output_tokens),
            "cost": money(call.cost),
            "at": call.at.isoformat(),
        },
    )


def _sources(found: UsageSummary) -> str:
    return (
        f"List prices as of {found.prices_taken:%d %B %Y}, from {found.prices_from}. Estimates are for calls that "
        "broke off or were stopped, and for providers that do not count: about four bytes a token."
    )
