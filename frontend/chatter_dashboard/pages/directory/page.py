"""Connecting a directory: its address and token, the steps in each provider, and what it did here last."""

from nicegui import ui
from nicegui.element import Element

from chatter.scim.schemas import ScimRequest
from chatter_dashboard.components.layout import card, card_head, div, page_head, text, text_link
from chatter_dashboard.components.secret import Secret
from chatter_dashboard.components.table import Column, Empty, Row, State, Table, Tone
from chatter_dashboard.pages.directory.group_roles import group_roles_card
from chatter_dashboard.pages.directory.state import DirectoryState
from chatter_dashboard.pages.directory.steps import PROVIDERS
from chatter_dashboard.pages.directory.tokens import tokens_card
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["directory"]

_REQUESTS = [
    Column(key="what", label="Request", kind="name"),
    Column(key="status", label="Outcome", kind="state"),
    Column(key="token", label="Token", hide="md"),
    Column(key="at", label="When", kind="time", hide="sm"),
]
_NO_REQUESTS = Empty(
    icon="history",
    title="No requests yet",
    text="What your directory asks for shows here, with the reason when something is refused.",
)
_REFUSED = 400
_FAILED = 500


@page("Directory")
async def directory(visitor: Visitor) -> None:
    """Whoever may read tokens sees all of it; making and taking back need more."""
    state = DirectoryState(visitor)
    page_head("Directory", lead="Your identity provider brings people and groups, and takes them away, by SCIM")
    async with loading():
        await state.load()
    _address(visitor, state)
    tokens_card(visitor, state)
    group_roles_card(visitor, state)
    _steps()
    with card(""):
        card_head("Last requests")
        table = Table(_REQUESTS, caption="Last requests", empty=_NO_REQUESTS)
    table.show([_row(request) for request in state.requests])


def _address(visitor: Visitor, state: DirectoryState) -> None:
    setup = state.setup
    with card():
        card_head("Address")
        text("p", "Your provider calls it the tenant URL, the base URL or the SCIM connector address.").classes(
            "lx-card-text"
        )
        Secret(setup.base_url, label="Address")
        if setup.verified_domains:
            text("p", f"Brings people with addresses in {', '.join(setup.verified_domains)}.").classes("lx-card-text")
        else:
            text("p", "No mail domain is verified yet: a directory can bring nobody before one is.").classes(
                "lx-card-text"
            )
            if visitor.may("tenancy:domain:read"):
                text_link("Verify a domain in the settings", "/settings")
        if setup.users or setup.groups:
            text("p", _counted(setup.users, setup.members, setup.groups)).classes("lx-card-text")


def _counted(users: int, members: int, groups: int) -> str:
    waiting = users - members
    rest = f" {waiting} of them can't sign in: inactive, or without an address in a verified domain." if waiting else ""
    return f"It keeps {users} users and {groups} groups here.{rest}"


def _steps() -> None:
    """Each provider's own words, folded."""
    with card():
        card_head("Set it up")
        for provider, steps in PROVIDERS.items():
            with _folded(provider), ui.element("ol").classes("lx-card-text"):
                for step in steps:
                    text("li", step)


def _folded(summary: str) -> Element:
    details = ui.element("details").classes("lx-card-text")
    with details:
        text("summary", summary)
        return div("")


def _row(request: ScimRequest) -> Row:
    tone: Tone = "ok" if request.status < _REFUSED else "bad" if request.status >= _FAILED else "warn"
    return Row(
        id=str(request.id),
        icon="plug",
        note=request.detail or "",
        cells={
            "what": f"{request.method} {request.path}",
            "status": State(text=str(request.status), tone=tone),
            "token": request.token_name,
            "at": request.at.isoformat(),
        },
    )
