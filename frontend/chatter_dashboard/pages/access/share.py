"""The share dialog: who else has access to one thing, up to which level and until when."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from chatter.rbac.schemas import Grant, GrantContainer
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import div, text
from chatter_dashboard.components.table import Action, Choice, Column, Empty, Option, Row, Table
from chatter_dashboard.pages.access.sharing import ENDS, LEVELS, VISIBILITIES, Sharing, level_options
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["ShareDialog"]

_COLUMNS = [
    Column(key="name", label="Who", kind="name"),
    Column(key="level", label="Access", kind="choice"),
    Column(key="until", label="Until", hide="sm"),
]
_REMOVE = Action(id="remove", label="Take access back from", icon="close")
_NOBODY = Empty(icon="members", title="Not shared", text="Choose below whom to let in.")
_ICONS = {"team": "members", "everyone": "building"}


class ShareDialog:
    """One dialog for one kind of thing; opened anew for each."""

    def __init__(self, visitor: Visitor, kind: str, *, on_changed: Callable[[], Awaitable[None]] | None = None) -> None:
        self._sharing = Sharing(visitor, kind)
        self._on_changed = on_changed
        self._dialog = Dialog("Share", wide=True)

    async def open(self, resource_id: UUID, name: str) -> None:
        """Fetch who has access and show it."""
        await self._sharing.load(resource_id)
        self._dialog.set_heading(f"Share “{name}”")
        self._fill()
        self._dialog.open()

    def _fill(self) -> None:
        sharing = self._sharing
        self._dialog.clear()
        with self._dialog, div("lx-stack"):
            if sharing.restrictable:
                self._visibility()
            else:
                text("p", f"Private to {sharing.owner_name}, and to whom it is shared with.", classes="lx-muted")
            if sharing.container is not None:
                text("p", _handed_down(sharing.container), classes="lx-muted")
            table = Table(_COLUMNS, caption="Who has access", actions=[_REMOVE], empty=_NOBODY)
            table.on_action(self._remove).on_choose(self._change)
            table.show([_row(grant) for grant in sharing.grants])
            Form(_fields(sharing), submit_label="Share", on_submit=self._add)

    def _visibility(self) -> None:
        async def save(values: Values) -> None:
            await self._sharing.open_to(values["visibility"])
            await self._changed(f"Now visible to: {VISIBILITIES[values['visibility']].lower()}.")

        options = tuple(Option(value=value, label=label) for value, label in VISIBILITIES.items())
        field = Field(
            name="visibility", label="Who sees it", kind="select", options=options, value=self._sharing.visibility
        )
        Form([field], submit_label="Save", on_submit=save, inline=True)

    async def _add(self, values: Values) -> None:
        grant = await self._sharing.add(values["subject"], level=values["level"], days=values["end"])
        await self._changed(f"Shared with {grant.subject_name}.")

    async def _change(self, grant_id: str, level: str) -> None:
        try:
            grant = await self._sharing.change(grant_id, level=level)
            say(f"{grant.subject_name}: {LEVELS[level].lower()}.")
        finally:
            self._fill()

    async def _remove(self, _: str, grant_id: str) -> None:
        name = await self._sharing.remove(grant_id)
        await self._changed(f"{name} has no access through this any more.")

    async def _changed(self, message: str) -> None:
        say(message)  # before what asked for it is built anew, and gone
        if self._on_changed is not None:
            await self._on_changed()
        self._fill()


def _handed_down(container: GrantContainer) -> str:
    name = f"“{container.name}”" if container.name else "a collection that you don't see"
    kept = "" if container.open_to_all else " That one is restricted, so nobody else sees this either."
    return f"It is in {name}: whoever was let into that has the same access to this.{kept}"


def _row(grant: Grant) -> Row:
    return Row(
        id=str(grant.id),
        icon="service" if grant.subject_is_service else _ICONS.get(grant.subject_kind, ""),
        initial=grant.subject_name[:1].upper(),
        note=f"by {grant.granted_by_name}" if grant.granted_by_name else "",
        cells={
            "name": grant.subject_name,
            "level": Choice(value=grant.level, label=LEVELS[grant.level], options=level_options()),
            "until": f"{grant.expires_at:%b} {grant.expires_at.day}, {grant.expires_at.year}"
            if grant.expires_at
            else "no end",
        },
    )


def _fields(sharing: Sharing) -> list[Field]:
    ends = tuple(Option(value=days, label=label) for days, label in ENDS.items())
    return [
        Field(
            name="subject", label="Share with", kind="select", options=tuple(sharing.subject_options()), replace=True
        ),
        Field(name="level", label="Access", kind="select", options=tuple(level_options()), value="view"),
        Field(name="end", label="For", kind="select", options=ends, value="0"),
    ]
