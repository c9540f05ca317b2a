"""Whether the providers alone open the organisation, and what that would stop before one says so."""

from nicegui.element import Element

from chatter.sso.schemas import SsoEffect
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import card, card_head, div, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.sso.state import PROOF, ProvidersState
from chatter_dashboard.shell.notices import say

__all__ = ["YES_NO", "enforcement_card"]

YES_NO = (Option(value="yes", label="yes"), Option(value="no", label="no"))


def enforcement_card(state: ProvidersState) -> None:
    """Enforcing it asks once more, with the number of people, keys and apps that it stops."""
    with card():
        card_head("Enforce single sign-on")
        text(
            "p",
            "Sessions that none of your providers vouches for do not open the organization any more. Choose at least "
            "one owner who can come in with their password or passkey when the provider is away.",
        ).classes("lx-card-text")
        required = "yes" if state.enforcement.required else "no"
        enforce = Field(name="required", label="Enforced", kind="select", options=YES_NO, value=required)
        asking = div("lx-contents")

        async def save(values: Values) -> None:
            if values["required"] == "yes":
                _ask(state, values, await state.effect(values), inside=asking)
            else:
                await state.enforce(values)
                say("Saved.")

        Form([enforce, *_owners(state), PROOF], submit_label="Save", on_submit=save)


def _owners(state: ProvidersState) -> list[Field]:
    chosen = state.enforcement.break_glass_ids
    return [
        Field(
            name=str(owner.user_id),
            label=f"{owner.name} comes in without",
            kind="select",
            options=YES_NO,
            value="yes" if owner.user_id in chosen else "no",
        )
        for owner in state.owners
    ]


def _ask(state: ProvidersState, values: Values, effect: SsoEffect, *, inside: Element) -> None:
    async def enforce(_: Values) -> None:
        await state.enforce(values)
        dialog.close()
        say("Only your providers open the organization now.")

    inside.clear()
    with inside:
        dialog = Dialog("Enforce single sign-on?", text=_told(effect))
        with dialog:
            Form([], submit_label="Enforce", on_submit=enforce)
    dialog.open()


def _told(effect: SsoEffect) -> str:
    if not effect.people:
        return "It keeps nobody out."
    people = _count(effect.people, "person has", "people have")
    strangers = (
        f" {_count(effect.strangers, 'of them has', 'of them have')} never done so: until they do, "
        f"{_count(effect.keys, 'key', 'keys')} and {_count(effect.apps, 'app', 'apps')} of theirs stop."
        if effect.strangers
        else ""
    )
    return f"{people} to sign in with a provider from now on.{strangers} Service accounts go on."


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
