"""Where one is signed in."""

from uuid import UUID

from chatter.identity.schemas import DeviceSession
from chatter_dashboard.components.layout import button, card, card_head, text
from chatter_dashboard.components.table import Action, Column, Confirm, Row, State, Table
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["devices_card"]

_COLUMNS = [
    Column(key="device", label="Device", kind="name"),
    Column(key="state", label="State", kind="state", hide="sm"),
    Column(key="by", label="Signed in with", hide="md"),
    Column(key="since", label="Since", kind="time", hide="md"),
    Column(key="used", label="Last used", kind="time"),
]
_END = Action(
    id="end",
    label="Sign out",
    icon="sign-out",
    confirm=Confirm(title="Sign {name} out?", body="Whoever uses it has to sign in again."),
)
_METHODS = {
    "password": "password",
    "passkey": "passkey",
    "totp": "code",
    "recovery_code": "recovery code",
    "sso": "single sign-on",
    "email": "mail",
}


async def devices_card(visitor: Visitor) -> None:
    """Each device, the one that was used last first."""

    async def show() -> None:
        table.show([_row(one) for one in await visitor.api.identity.my_sessions()])

    async def end(_: str, session_id: str) -> None:
        await visitor.api.identity.end_session(UUID(session_id))
        await show()
        say("That device is signed out.")

    async def end_others() -> None:
        await visitor.api.identity.end_other_sessions()
        await show()
        say("All other devices are signed out.")

    with card():
        with card_head("Devices"):
            button("Sign out all others", end_others, icon_name="sign-out")
        text("p", "If you do not know one of them, sign it out and change your password.").classes("lx-card-text")
        table = Table(_COLUMNS, caption="Devices", actions=[_END]).on_action(end)
    await show()


def _row(session: DeviceSession) -> Row:
    return Row(
        id=str(session.id),
        note=_place(session),
        cells={
            "device": session.device,
            "state": State(text="This device", tone="ok") if session.current else State(text="Signed in"),
            "by": ", ".join(_METHODS[method] for method in session.methods),
            "since": session.created_at.isoformat(),
            "used": session.last_used_at.isoformat(),
        },
        actions=[] if session.current else ["end"],
    )


def _place(session: DeviceSession) -> str:
    """What can be said of where it is: the address, and whether that is here."""
    words = {"here": " (where you are now)", "private": " (a private network)", "elsewhere": "", "unknown": ""}
    place = (session.address or "Address unknown") + words[session.network]
    return f"{place}, this organization only" if session.bound else place
