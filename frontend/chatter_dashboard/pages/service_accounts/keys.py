"""The keys of a service account: a list, and a dialog that shows a new one once."""

from collections.abc import Callable

from chatter.identity.schemas import ApiKey
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, card, card_head, div, text
from chatter_dashboard.components.secret import Secret
from chatter_dashboard.components.table import Action, Column, Confirm, Empty, Option, Row, State, Table, Tone
from chatter_dashboard.pages.service_accounts.state import LIFETIMES, AccountState
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["keys_card"]

_COLUMNS = [
    Column(key="name", label="Name", kind="name"),
    Column(key="state", label="State", kind="state"),
    Column(key="used", label="Last used", kind="time", hide="sm"),
    Column(key="until", label="Until", hide="md"),
]
_REVOKE = Action(
    id="revoke",
    label="Revoke",
    icon="trash",
    danger=True,
    confirm=Confirm(
        title="Revoke {name}?",
        body="What uses it is refused at once. To change keys, make the new one first and revoke this one when it is "
        "not used any more.",
    ),
)
_EMPTY = Empty(icon="key", title="No keys yet", text="Nothing can act as this account before you make a key.")
_TONES: dict[str, Tone] = {"active": "ok", "expired": "warn", "revoked": "plain"}


def keys_card(visitor: Visitor, state: AccountState) -> None:
    """The keys, those that do not work any more too."""
    with card(""):
        head = card_head("Keys")
        actions = [_REVOKE] if visitor.may("identity:api_key:delete") else []
        table = Table(_COLUMNS, caption="Keys", actions=actions, empty=_EMPTY)

    def show() -> None:
        table.show([_row(key) for key in state.keys])

    async def act(_: str, key_id: str) -> None:
        name = await state.revoke(key_id)
        show()
        say(f"{name} was revoked.")

    if visitor.may("identity:api_key:create"):
        dialog = _NewKey(state, on_made=show)
        with head:
            button("New key", dialog.open, icon_name="plus")
    table.on_action(act)
    show()


class _NewKey:
    """Asks for a name and an end, then shows the key until the dialog is closed."""

    def __init__(self, state: AccountState, *, on_made: Callable[[], None]) -> None:
        self._state = state
        self._on_made = on_made
        self._dialog = Dialog("New key", text="It is shown once, when it is made: we keep only its hash.")
        self._dialog.on("closed", lambda _: self._dialog.clear())

    def open(self) -> None:
        self._dialog.clear()
        lifetimes = tuple(Option(value=value, label=label) for value, label in LIFETIMES.items())
        with self._dialog:
            fields = [
                Field(name="name", label="Name", max_length=60, example="Server in Oslo"),
                Field(name="lifetime", label="Works", kind="select", options=lifetimes, value="0"),
            ]
            Form(fields, submit_label="Make key", on_submit=self._make)
        self._dialog.open()

    async def _make(self, values: Values) -> None:
        secret = await self._state.create_key(values)
        self._on_made()
        self._dialog.clear()
        with self._dialog, div("lx-stack"):
            text("p", "Put it where the program finds it, such as CHATTER_API_KEY. It is shown only now.").classes(
                "lx-muted"
            )
            Secret(secret, label="The new key")
            with div("lx-dialog-foot"):
                button("Done", self._dialog.close, primary=True)


def _row(key: ApiKey) -> Row:
    by = f", made by {key.created_by_name}" if key.created_by_name else ""
    return Row(
        id=str(key.id),
        icon="key",
        note=f"ends in {key.hint}{by}",
        cells={
            "name": key.name,
            "state": State(text=key.state.capitalize(), tone=_TONES[key.state]),
            "used": key.last_used_at.isoformat() if key.last_used_at else None,
            "until": f"{key.expires_at:%b} {key.expires_at.day}, {key.expires_at.year}" if key.expires_at else "no end",
        },
        actions=["revoke"] if key.state != "revoked" else [],
    )
