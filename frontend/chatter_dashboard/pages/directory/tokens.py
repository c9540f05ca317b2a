"""The tokens of directories: a list, and a dialog that shows a new one once."""

from collections.abc import Callable

from chatter.scim.schemas import ScimToken
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, card, card_head, div, text
from chatter_dashboard.components.secret import Secret
from chatter_dashboard.components.table import Action, Column, Confirm, Empty, Option, Row, State, Table, Tone
from chatter_dashboard.pages.directory.state import DirectoryState
from chatter_dashboard.pages.service_accounts.state import role_field
from chatter_dashboard.shell.confirming import Confirming
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["tokens_card"]

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
        body="The directory that uses it is refused at once. Nobody whom it brought is taken out.",
    ),
)
_LIFETIMES = {"0": "Without end", "90": "90 days", "365": "A year"}
_EMPTY = Empty(icon="key", title="No tokens yet", text="A directory can do nothing here before you make one.")
_TONES: dict[str, Tone] = {"active": "ok", "expired": "warn", "revoked": "plain"}


def tokens_card(visitor: Visitor, state: DirectoryState) -> None:
    """The tokens, those that do not work any more too."""
    with card(""):
        head = card_head("Tokens")
        actions = [_REVOKE] if visitor.may("scim:token:delete") else []
        table = Table(_COLUMNS, caption="Tokens", actions=actions, empty=_EMPTY)

    def show() -> None:
        table.show([_row(token) for token in state.tokens])

    async def act(_: str, token_id: str) -> None:
        name = await state.revoke(token_id)
        show()
        say(f"{name} was revoked.")

    if visitor.may("scim:token:create"):
        dialog = _NewToken(visitor, state, on_made=show)
        with head:
            button("New token", dialog.open, icon_name="plus")
    table.on_action(act)
    show()


class _NewToken:
    """Asks for a name, a role and an end, then shows the token until the dialog is closed."""

    def __init__(self, visitor: Visitor, state: DirectoryState, *, on_made: Callable[[], None]) -> None:
        self._state = state
        self._on_made = on_made
        self._dialog = Dialog("New token", text="It is shown once, when it is made: we keep only its hash.")
        self._dialog.on("closed", lambda _: self._dialog.clear())
        self._confirming = Confirming(visitor, inside=div("lx-contents"))

    def open(self) -> None:
        self._dialog.clear()
        lifetimes = tuple(Option(value=value, label=label) for value, label in _LIFETIMES.items())
        with self._dialog:
            fields = [
                Field(name="name", label="Name", max_length=60, example="Entra ID"),
                role_field(self._state.roles, value="member"),
                Field(name="lifetime", label="Works", kind="select", options=lifetimes, value="365"),
            ]
            text("p", "The role is for newcomers whose role the directory does not name.").classes("lx-muted")
            Form(fields, submit_label="Make token", on_submit=self._make)
        self._dialog.open()

    async def _make(self, values: Values) -> None:
        async def act() -> None:
            self._show(await self._state.create_token(values))
            self._on_made()

        await self._confirming.run(act)

    def _show(self, secret: str) -> None:
        self._dialog.clear()
        with self._dialog, div("lx-stack"):
            text("p", "Paste it into your directory now. It is shown only this once.").classes("lx-muted")
            Secret(secret, label="The new token")
            with div("lx-dialog-foot"):
                button("Done", self._dialog.close, primary=True)


def _row(token: ScimToken) -> Row:
    by = f", made by {token.created_by_name}" if token.created_by_name else ""
    end = token.expires_at
    return Row(
        id=str(token.id),
        icon="key",
        note=f"ends in {token.hint}{by}",
        cells={
            "name": token.name,
            "state": State(text=token.state.capitalize(), tone=_TONES[token.state]),
            "used": token.last_used_at.isoformat() if token.last_used_at else None,
            "until": f"{end:%b} {end.day}, {end.year}" if end else "no end",
        },
        actions=["revoke"] if token.state != "revoked" else [],
    )
