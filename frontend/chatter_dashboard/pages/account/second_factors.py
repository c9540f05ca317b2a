"""One's own second factors: an authenticator app, passkeys, recovery codes."""

from datetime import datetime
from functools import partial

from nicegui.element import Element

from chatter.identity.factor_schemas import Authenticator, Passkey
from chatter_dashboard.components.layout import Handler, button, card, card_head, div, text
from chatter_dashboard.components.table import Action, Column, Row, Table
from chatter_dashboard.pages.account.factor_dialogs import FactorDialogs
from chatter_dashboard.shell.confirming import Act, Confirming
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["second_factors"]

_COLUMNS = [
    Column(key="name", label="Passkey", kind="name"),
    Column(key="used", label="Last used", kind="time", hide="sm"),
]
_ACTIONS = [
    Action(id="rename", label="Rename", icon="edit"),
    Action(id="remove", label="Remove", icon="trash", danger=True),
]


async def second_factors(visitor: Visitor, *, on_changed: Act | None = None) -> None:
    """A card that stands by itself; `on_changed` is called after each change."""
    with card():
        card_head("Second factors")
        text("p", "With one of these, nobody gets in with your password alone.", classes="lx-card-text")
        content = div("lx-stack")
    shown = _Card(visitor, content, dialogs=div("lx-contents"), asking=div("lx-contents"), on_changed=on_changed)
    await shown.show()


class _Card:
    """What there is, with the buttons that change it."""

    def __init__(
        self, visitor: Visitor, content: Element, *, dialogs: Element, asking: Element, on_changed: Act | None
    ) -> None:
        self._visitor = visitor
        self._content = content
        self._on_changed = on_changed
        self._confirming = Confirming(visitor, inside=asking)
        self._dialogs = FactorDialogs(visitor, inside=dialogs, confirming=self._confirming, on_changed=self._changed)

    async def show(self) -> None:
        """Fetch and show anew."""
        factors = await self._visitor.api.factors.own()
        self._content.clear()
        with self._content:
            self._app(factors.totp)
            self._passkeys(factors.passkeys)
            if factors.totp or factors.passkeys:
                left = f"{factors.recovery_codes_left} of 10 are left."
                _line("Recovery codes", left, "New codes…", self._ask_for_codes)

    async def _changed(self) -> None:
        await self.show()
        if self._on_changed is not None:
            await self._on_changed()

    def _app(self, app: Authenticator | None) -> None:
        label = "Authenticator app"
        if app is None:
            add = partial(self._confirming.run, self._dialogs.add_app)
            _line(label, "Shows a code of six digits, on your phone for instance.", "Add app…", add)
            return
        dated = f"Added on {_day(app.created_at)}, last used on {_day(app.last_used_at)}."
        _line(label, dated, "Remove app…", self._ask_to_remove_app)

    def _passkeys(self, passkeys: list[Passkey]) -> None:
        meaning = "Your device's own lock lets you in, without a password."
        _line("Passkeys", meaning, "Add passkey…", self._dialogs.add_passkey)
        if passkeys:
            table = Table(_COLUMNS, caption="Passkeys", actions=_ACTIONS)
            table.show([_row(passkey) for passkey in passkeys])
            table.on_action(partial(self._act, {str(passkey.id): passkey for passkey in passkeys}))

    async def _act(self, passkeys: dict[str, Passkey], action: str, passkey_id: str) -> None:
        passkey = passkeys[passkey_id]
        if action == "rename":
            self._dialogs.rename(passkey)
            return

        async def remove() -> None:
            await self._visitor.api.factors.remove_passkey(passkey.id)
            await self._changed()
            say(f"{passkey.name} was removed.")

        self._dialogs.ask(f"Remove {passkey.name}?", "It lets nobody in any more.", label="Remove passkey", act=remove)

    def _ask_to_remove_app(self) -> None:
        async def remove() -> None:
            await self._visitor.api.factors.remove_totp()
            await self._changed()
            say("The authenticator app was removed.")

        meaning = "Its codes let nobody in any more. Without a passkey, your password alone does."
        self._dialogs.ask("Remove the authenticator app?", meaning, label="Remove app", act=remove)

    def _ask_for_codes(self) -> None:
        async def replace() -> None:
            codes = await self._visitor.api.factors.replace_codes()
            await self._changed()
            self._dialogs.show_codes(codes)

        meaning = "Those that you have now count no more."
        self._dialogs.ask("Make new recovery codes?", meaning, label="Make new codes", act=replace)


def _line(label: str, meaning: str, act_label: str, act: Handler) -> None:
    with div("lx-rowline lx-rowline-bare"):
        with div("lx-rowline-main"):
            text("strong", label)
            text("p", meaning, classes="lx-muted")
        button(act_label, act)


def _row(passkey: Passkey) -> Row:
    kept = "also kept by its maker" if passkey.backed_up else "on one device only"
    used = passkey.last_used_at.isoformat() if passkey.last_used_at else None
    note = f"{kept}, added on {_day(passkey.created_at)}"
    return Row(id=str(passkey.id), icon="key", note=note, cells={"name": passkey.name, "used": used})


def _day(moment: datetime) -> str:
    return f"{moment:%b} {moment.day}, {moment.year}"
