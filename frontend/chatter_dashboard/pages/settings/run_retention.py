"""How long the organisation keeps what happened on the way to its answers."""

from chatter.runs.schemas import Retention
from chatter_dashboard.components.form import Field, Form, Values
from chatter_dashboard.components.layout import card, card_head, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["run_retention"]

_DAYS = {7: "1 week", 30: "30 days", 90: "90 days", 180: "180 days", 365: "1 year", 1095: "3 years", 3650: "10 years"}


async def run_retention(visitor: Visitor) -> None:
    """One choice; a value that was set elsewhere stays one of them."""

    async def save(values: Values) -> None:
        await visitor.api.runs.set_retention(Retention(days=int(values["days"])))
        say("What is older goes within a day.")

    now = await visitor.api.runs.retention()
    offered = _DAYS if now.days in _DAYS else {**_DAYS, now.days: f"{now.days} days"}
    with card():
        card_head("History of answers")
        text(
            "p",
            "The steps of an answer's timeline, and what tools were given and found beyond 8 kB. Answers stay.",
            classes="lx-card-text",
        )
        if visitor.may("runs:retention:update"):
            options = tuple(Option(value=str(days), label=words) for days, words in sorted(offered.items()))
            field = Field(name="days", label="Kept for", kind="select", options=options, value=str(now.days))
            Form([field], submit_label="Save", on_submit=save, inline=True)
        else:
            text("p", f"Kept for {offered[now.days]}.", classes="lx-muted")
