"""The dialog that makes a key and shows it once."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from chatter.identity.schemas import ApiKeyCreate
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, div, text
from chatter_dashboard.components.secret import Secret
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.confirming import Confirming
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["NewKey"]

_LIFETIMES = {"0": "Without end", "30": "30 days", "90": "90 days", "365": "A year"}
_EVERYTHING, _READ, _CHAT, _CHOSEN = "everything", "read", "chat", "chosen"
_READING = (":read", ":search", ":list")

Make = Callable[[ApiKeyCreate], Awaitable[str]]


class NewKey:
    """Asks for a name and what narrows the key, then shows it until the dialog is closed."""

    def __init__(self, visitor: Visitor, make: Make, *, holder: str, days: str = "0") -> None:
        """`make` answers the secret, `holder` says whose rights bound the key; the visitor gives what they hold."""
        self._make_key = make
        self._held = frozenset(visitor.me.permissions)
        self._holder = holder
        self._days = days
        self._dialog = Dialog("New key", text="It is shown once, when it is made: we keep only its hash.")
        self._dialog.on("closed", lambda _: self._dialog.clear())
        self._confirming = Confirming(visitor, inside=div("lx-contents"))

    def open(self) -> None:
        self._dialog.clear()
        with self._dialog:
            form = Form(self._fields(_EVERYTHING), submit_label="Make key", on_submit=self._make)
            form.on_change(lambda _, chosen: form.set_fields(self._fields(chosen)))
        self._dialog.open()

    def _fields(self, chosen: str) -> list[Field]:
        lifetimes = tuple(Option(value=value, label=label) for value, label in _LIFETIMES.items())
        scopes = {
            _EVERYTHING: f"All that {self._holder} may do",
            _READ: "Read only",
            _CHAT: "Read and ask",
            _CHOSEN: "Only what I name",
        }
        options = tuple(Option(value=value, label=label) for value, label in scopes.items())
        named = Field(
            name="permissions",
            label="Permissions",
            example="documents:document:read, documents:search:read",
            hint="Separated by commas, as they are called on the roles page.",
        )
        return [
            Field(name="name", label="Name", max_length=60, example="Server in Oslo"),
            Field(name="lifetime", label="Works", kind="select", options=lifetimes, value=self._days),
            Field(name="scope", label="May do", kind="select", options=options, value=chosen, notify=True),
            *([named] if chosen == _CHOSEN else []),
            Field(
                name="addresses",
                label="Only from these addresses",
                example="203.0.113.7, 10.0.0.0/8",
                hint="Separated by commas. Empty: from anywhere.",
                optional=True,
            ),
        ]

    async def _make(self, values: Values) -> None:
        days = int(values["lifetime"])
        wanted = ApiKeyCreate(
            name=values["name"].strip(),
            expires_at=datetime.now(UTC) + timedelta(days=days) if days else None,
            scopes=self._scopes(values),
            addresses=_listed(values.get("addresses", "")),
        )

        async def act() -> None:
            self._show(await self._make_key(wanted))

        await self._confirming.run(act)

    def _show(self, secret: str) -> None:
        self._dialog.clear()
        with self._dialog, div("lx-stack"):
            text("p", "Put it where the program finds it, such as CHATTER_API_KEY. It is shown only now.").classes(
                "lx-muted"
            )
            Secret(secret, label="The new key")
            with div("lx-dialog-foot"):
                button("Done", self._dialog.close, primary=True)

    def _scopes(self, values: Values) -> list[str] | None:
        if values["scope"] == _EVERYTHING:
            return None
        if values["scope"] == _CHOSEN:
            return _listed(values.get("permissions", ""))
        asks = values["scope"] == _CHAT
        return sorted(name for name in self._held if name.endswith(_READING) or (asks and name.startswith("chat:")))


def _listed(text_of: str) -> list[str]:
    return [part.strip() for part in text_of.split(",") if part.strip()]
