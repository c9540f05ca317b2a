"""Letting the operator in."""

from collections.abc import Awaitable, Callable

from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.members.state import ROLE_HINTS
from chatter_dashboard.pages.support.state import SupportState
from chatter_dashboard.shell.notices import say, support_changed

__all__ = ["grant_dialog"]

_ROLES = ("viewer", "auditor", "member", "editor", "admin")
_HOURS = {"1": "1 hour", "4": "4 hours", "24": "1 day", "72": "3 days", "168": "7 days"}
_ROLE_OPTIONS = tuple(Option(value=role, label=f"{role.capitalize()}: {ROLE_HINTS[role]}") for role in _ROLES)
_HOUR_OPTIONS = tuple(Option(value=hours, label=label) for hours, label in _HOURS.items())


def grant_dialog(state: SupportState, *, on_granted: Callable[[], Awaitable[None]]) -> Dialog:
    """Reason, role and time; what no visit may do is said before."""
    dialog = Dialog(
        "Let the operator in",
        text="Whoever runs this server can then come in, for an hour at most each time. They never manage members, "
        "roles or access, see no keys, and own nothing here. All that they look at or change is in the audit log.",
    )

    async def submit(values: Values) -> None:
        await state.grant(reason=values["reason"].strip(), role=values["role"], hours=int(values["hours"]))
        await on_granted()
        dialog.close()
        form.set_fields(_fields())
        support_changed()
        say("The operator can come in now. You can revoke it at any moment.")

    with dialog:
        form = Form(_fields(), submit_label="Grant access", on_submit=submit)
    return dialog


def _fields() -> list[Field]:
    return [
        Field(name="reason", label="What for", example="Documents stay queued", max_length=500, replace=True),
        Field(name="role", label="Role", kind="select", options=_ROLE_OPTIONS, value="viewer"),
        Field(name="hours", label="For how long", kind="select", options=_HOUR_OPTIONS, value="24"),
    ]
