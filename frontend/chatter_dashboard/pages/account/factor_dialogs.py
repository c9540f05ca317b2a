"""The dialogs of second factors: a picture to scan, a passkey to make, codes to keep."""

from base64 import b64encode
from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.element import Element

from chatter.identity.factor_schemas import Passkey, TotpDraft
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, div, text
from chatter_dashboard.components.passkey import AddPasskey
from chatter_dashboard.components.secret import Secret
from chatter_dashboard.shell.confirming import Confirming
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["FactorDialogs"]

Added = Callable[[], Awaitable[None]]


class FactorDialogs:
    """One open dialog at a time; `on_changed` shows anew what there is."""

    def __init__(self, visitor: Visitor, *, inside: Element, confirming: Confirming, on_changed: Added) -> None:
        self._visitor = visitor
        self._inside = inside
        self._confirming = confirming
        self._changed = on_changed

    async def add_app(self) -> None:
        """Show a picture to scan, and ask for the code that the app shows then."""
        draft = await self._visitor.api.factors.draft_totp()

        async def submit(values: Values) -> None:
            codes = await self._visitor.api.factors.add_totp(enrolment=draft.enrolment, code=values["code"])
            dialog.close()
            await self._after("The authenticator app was added.", codes)

        dialog = self._fresh("Add an authenticator app", "Scan this picture with the app, then type the code it shows.")
        with dialog, div("lx-stack"):
            _picture(draft)
            text("p", "No camera? Type this key into the app:", classes="lx-muted")
            Secret(draft.secret, label="Key for the authenticator app")
            code = Field(name="code", label="Code", autocomplete="one-time-code", max_length=10, hint="Six digits.")
            Form([code], submit_label="Add app", on_submit=submit)
        dialog.open()

    async def add_passkey(self) -> None:
        """Have the browser make a passkey."""

        async def added(codes: list[str]) -> None:
            dialog.close()
            await self._after("The passkey was added.", codes)

        def refused(code: str) -> None:
            if code == "recent_proof_required":
                dialog.close()
                self._confirming.ask(self.add_passkey)

        meaning = "Your device asks for its lock, a fingerprint or a face, each time that you sign in with it."
        dialog = self._fresh("Add a passkey", meaning)
        with dialog:
            AddPasskey(added, on_refused=refused)
        dialog.open()

    def rename(self, passkey: Passkey) -> None:
        """Ask for another name."""

        async def submit(values: Values) -> None:
            await self._visitor.api.factors.rename_passkey(passkey.id, name=values["name"].strip())
            dialog.close()
            await self._changed()

        dialog = self._fresh(f"Rename {passkey.name}", "")
        with dialog:
            field = Field(name="name", label="Name", value=passkey.name, max_length=60)
            Form([field], submit_label="Save", on_submit=submit)
        dialog.open()

    def ask(self, title: str, meaning: str, *, label: str, act: Added) -> None:
        """Ask before something is removed or replaced."""

        async def submit(_: Values) -> None:
            dialog.close()
            await self._confirming.run(act)

        dialog = self._fresh(title, meaning)
        with dialog:
            Form([], submit_label=label, on_submit=submit)
        dialog.open()

    def show_codes(self, codes: list[str]) -> None:
        """Recovery codes, until the dialog is closed."""
        dialog = self._fresh(
            "Keep your recovery codes",
            "Each lets you in once when your app or your passkeys are lost. They are shown only now.",
        )
        with dialog, div("lx-stack"):
            Secret("\n".join(codes), label="Recovery codes")
            with div("lx-dialog-foot"):
                button("I have kept them", dialog.close, primary=True)
        dialog.open()

    async def _after(self, message: str, codes: list[str]) -> None:
        """A first factor may have opened the organisation, which the page that stands here does not know."""
        await self._changed()
        if codes:
            self.show_codes(codes)
        else:
            ui.notify(message, position="bottom-right", classes="lx-toast lx-toast-good", color=None)

    def _fresh(self, heading: str, meaning: str) -> Dialog:
        self._inside.clear()
        with self._inside:
            return Dialog(heading, text=meaning)


def _picture(draft: TotpDraft) -> None:
    picture = ui.element("img").classes("lx-qr")
    picture.props["src"] = "data:image/svg+xml;base64," + b64encode(draft.qr_svg.encode()).decode()
    picture.props["alt"] = "QR code for an authenticator app"
