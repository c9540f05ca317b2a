"""Whether everybody needs a second factor here."""

import msgspec

from chatter.identity.factor_schemas import SecondFactorPolicy
from chatter_dashboard.components.form import Field, Form, Values
from chatter_dashboard.components.layout import card, card_head, div, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.confirming import Confirming
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["factor_policy"]

_LABELS = {
    "nothing": "Nothing beside the password",
    "second_factor": "A second factor: an app or a passkey",
    "passkey": "A passkey",
}
_SAID = {
    "nothing": "The password alone lets people in again.",
    "second_factor": "Whoever has no second factor is led to add one.",
    "passkey": "Whoever has no passkey is led to add one.",
}


async def factor_policy(visitor: Visitor) -> None:
    """A card with the choice; takes effect with everybody's next request."""
    policy = await visitor.api.factors.policy()

    async def save(values: Values) -> None:
        chosen = msgspec.convert({"require": values["require"]}, SecondFactorPolicy)

        async def change() -> None:
            await visitor.api.factors.set_policy(chosen)
            say(_SAID[chosen.require])

        await confirming.run(change)

    with card():
        card_head("Signing in")
        meaning = "Whoever has not shown it is let in no more from their next request on, until they add one."
        text("p", meaning, classes="lx-card-text")
        if visitor.may("identity:second_factor_policy:update"):
            options = tuple(Option(value=value, label=label) for value, label in _LABELS.items())
            field = Field(
                name="require", label="What people must show", kind="select", options=options, value=policy.require
            )
            Form([field], submit_label="Save", on_submit=save, inline=True)
        else:
            text("p", f"People must show: {_LABELS[policy.require].lower()}.", classes="lx-muted")
    confirming = Confirming(visitor, inside=div("lx-contents"))
