"""Asking once more who it is, when the API wants a proof from the last minutes."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from nicegui import ui
from nicegui.element import Element

from chatter_dashboard.api.problems import ApiProblem
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import text_link
from chatter_dashboard.components.passkey import UsePasskey
from chatter_dashboard.shell.notices import tell
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["Confirming"]

Act = Callable[[], Awaitable[None]]
_PASSWORD = Field(name="password", label="Your password", kind="password", autocomplete="current-password")


class Confirming:
    """Does what it is given, after asking for the password if the API says that it is too long ago."""

    def __init__(self, visitor: Visitor, *, inside: Element) -> None:
        self._visitor = visitor
        self._inside = inside

    async def run(self, act: Act) -> None:
        """Do it now, or once the person has confirmed."""
        try:
            await act()
        except ApiProblem as error:
            if error.problem.code != "recent_proof_required":
                raise
            self.ask(act)

    def ask(self, then: Act) -> None:
        """Ask for the password, or a passkey, in a dialog, and go on."""

        async def submit(values: Values) -> None:
            await self._visitor.api.identity.confirm(values["password"])
            await confirmed()

        async def confirmed() -> None:
            dialog.close()
            try:
                await then()
            except ApiProblem as error:
                if error.signed_out:
                    raise
                tell(error.problem)

        self._inside.clear()
        with self._inside:
            dialog = Dialog("Confirm that it is you", text="It is more than ten minutes ago that you signed in.")
            with dialog:
                Form([_PASSWORD], submit_label="Confirm", on_submit=submit)
                UsePasskey(confirmed, label="Use a passkey instead")
                text_link("Or sign in again, for instance with your company's account", _sign_in_again())
        dialog.open()


def _sign_in_again() -> str:
    return f"/login?again=1&next={quote(ui.context.client.sub_pages_router.current_path, safe='')}"
