"""A test of a provider: each step, and what it said of whoever signed in."""

from uuid import UUID

from chatter.sso.schemas import SsoTest, SsoTestStep
from chatter_dashboard.components.layout import button, card, card_head, div, icon, link_button, page_head, text
from chatter_dashboard.components.table import Column, Empty, Row, Table
from chatter_dashboard.pages.sso.state import ProviderState
from chatter_dashboard.shell.departure import leave_for
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["provider_test", "test_card"]

_STEPS = {
    "discovery": "Discovery document",
    "keys": "Keys",
    "redirect": "Back from the provider",
    "tokens": "Code redeemed",
    "id_token": "ID token",
    "userinfo": "Userinfo",
    "person": "Person",
}
_CLAIMS = [Column(key="name", label="Claim", kind="name"), Column(key="value", label="Value")]
_NO_CLAIMS = Empty(
    icon="key", title="No claims", text="The test did not come as far as the provider's word on a person."
)


def test_card(state: ProviderState) -> None:
    """Begin a test; its second half happens at the provider, in this tab."""

    async def run() -> None:
        started = await state.test()
        steps.clear()
        with steps:
            _steps(started.test.steps)
            if started.url is not None:
                url = started.url
                button("Go on: sign in there", lambda: leave_for(url), icon_name="open", primary=True)

    with card():
        card_head("Test")
        text(
            "p",
            "Asks for the discovery document and the keys, then sends you to sign in there. You see each step and what "
            "the provider says; your session here stays as it is.",
        ).classes("lx-card-text")
        steps = div("lx-stack")
        button("Run the test", run, icon_name="play")


@page("Test of a provider", width="narrow")
async def provider_test(visitor: Visitor, provider_id: str, test_id: str) -> None:
    """What a test has seen."""
    provider = await visitor.api.sso.one(UUID(provider_id))
    test = await visitor.api.sso.result(UUID(provider_id), UUID(test_id))
    page_head(f"Test of {provider.name}", lead=_lead(test), back=(provider.name, f"/sso/{provider.id}"))
    with div("lx-stack"):
        with card():
            card_head("Steps")
            with div("lx-stack"):
                _steps(test.steps)
        with card(""):
            table = Table(_CLAIMS, caption="Claims", empty=_NO_CLAIMS)
        table.show([Row(id=claim.name, cells={"name": claim.name, "value": claim.value}) for claim in test.claims])
        link_button("Back to the provider", f"/sso/{provider.id}", icon_name="left")


def _lead(test: SsoTest) -> str:
    if not test.finished:
        return "Not finished: nobody has signed in there yet"
    return "Passed: the provider can be switched on" if test.passed else "Failed: nobody could sign in like this"


def _steps(steps: list[SsoTestStep]) -> None:
    for step in steps:
        with div("lx-rowline lx-rowline-bare"):
            icon("check" if step.passed else "error")
            with div("lx-rowline-main"):
                text("strong", f"{_STEPS[step.name]}: {'passed' if step.passed else 'failed'}")
                text("p", " ".join(part for part in (step.detail, step.remedy) if part)).classes("lx-muted")
