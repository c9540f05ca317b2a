"""How long sessions open the organisation."""

from chatter.identity.schemas import SessionLifetimes
from chatter_dashboard.components.form import Field, Form, Values
from chatter_dashboard.components.layout import card, card_head, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["lifetimes_card"]

_IDLE = {None: "As the server has it", 15: "15 minutes", 60: "1 hour", 480: "8 hours", 1440: "1 day", 10080: "1 week"}
_ABSOLUTE = {None: "As the server has it", 8: "8 hours", 24: "1 day", 168: "1 week", 336: "2 weeks"}


async def lifetimes_card(visitor: Visitor) -> None:
    """Two choices; a value that was set elsewhere stays one of them."""

    async def save(values: Values) -> None:
        lifetimes = SessionLifetimes(idle_minutes=_number(values["idle"]), absolute_hours=_number(values["absolute"]))
        await visitor.api.identity.set_session_lifetimes(lifetimes)
        say("From now on, sessions last as long as this.")

    now = await visitor.api.identity.session_lifetimes()
    with card():
        card_head("Sessions")
        text("p", "How long people stay signed in to this organization. It holds for open sessions too.").classes(
            "lx-card-text"
        )
        fields = [
            _choice("idle", "Ends when unused for", now.idle_minutes, _IDLE, unit="minutes"),
            _choice("absolute", "Ends in any case after", now.absolute_hours, _ABSOLUTE, unit="hours"),
        ]
        Form(fields, submit_label="Save", on_submit=save)


def _choice(name: str, label: str, value: int | None, known: dict[int | None, str], *, unit: str) -> Field:
    offered = known if value in known else {**known, value: f"{value} {unit}"}
    options = tuple(Option(value=str(number or ""), label=words) for number, words in offered.items())
    return Field(name=name, label=label, kind="select", options=options, value=str(value or ""), optional=True)


def _number(value: str) -> int | None:
    return int(value) if value else None
