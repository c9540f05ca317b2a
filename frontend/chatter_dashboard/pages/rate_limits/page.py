"""Rate limits: what holds, how much of it is in use, and other amounts for this organisation."""

from chatter.tenancy.schemas import RateLimit, RateLimitList
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import card, page_head, text
from chatter_dashboard.components.table import Action, Column, Progress, Row, State, Table, Tone
from chatter_dashboard.pages.rate_limits.words import amount_in_words, what, whose
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["rate_limits"]

_COLUMNS = [
    Column(key="what", label="What", kind="name"),
    Column(key="whose", label="Counted for", hide="md"),
    Column(key="amount", label="Allowed"),
    Column(key="used", label="In use", kind="state", hide="sm"),
]
_ACTIONS = [
    Action(id="change", label="Change", icon="edit"),
    Action(id="reset", label="Back to the usual amount", icon="undo"),
]
_NEARLY_FULL = 0.8


@page("Rate limits")
async def rate_limits(visitor: Visitor) -> None:
    """The organisation's first, then those that hold for everybody on this server."""
    page_head("Rate limits", lead="How often something may be done. Whoever goes on is told when to come back.")
    async with loading():
        found = await visitor.api.tenancy.rate_limits()
    if not found.counted_together:
        text("p", "The shared counter is away: each process counts for itself, so a little more gets through.")
    editor = _Editor(visitor, found)
    with card(""):
        editor.table = Table(_COLUMNS, caption="Rate limits", actions=_ACTIONS).on_action(editor.act)
    editor.show(found)


class _Editor:
    """The table and the dialog behind its pencil."""

    table: Table

    def __init__(self, visitor: Visitor, found: RateLimitList) -> None:
        self._visitor = visitor
        self._may = visitor.may("tenancy:rate_limit:update")
        self._found = found
        self._chosen = ""
        self._dialog = Dialog("Change a rate limit")
        with self._dialog:
            self._form = Form([], submit_label="Change limit", on_submit=self._submit)

    def show(self, found: RateLimitList) -> None:
        self._found = found
        items = sorted(found.items, key=lambda limit: not limit.adjustable)
        self.table.show([_row(limit, may=self._may) for limit in items])

    async def act(self, action: str, name: str) -> None:
        if action == "reset":
            limit = await self._visitor.api.tenancy.reset_rate_limit(name)
            await self._refresh()
            say(f"Back to {amount_in_words(limit)}.")
            return
        limit = next(limit for limit in self._found.items if limit.name == name)
        self._chosen = name
        self._dialog.set_heading(f"{what(limit)}, {whose(limit)}")
        self._form.set_fields([_field(limit)])
        self._dialog.open()

    async def _submit(self, values: Values) -> None:
        typed = values["amount"].strip()
        amount = int(typed) if typed.isdecimal() else 0  # which the API refuses, with its bounds
        limit = await self._visitor.api.tenancy.set_rate_limit(self._chosen, amount)
        await self._refresh()
        self._dialog.close()
        say(f"Now {amount_in_words(limit)}, everywhere within seconds.")

    async def _refresh(self) -> None:
        self.show(await self._visitor.api.tenancy.rate_limits())


def _field(limit: RateLimit) -> Field:
    bounds = f"From {limit.least:,} to {limit.ceiling:,}; {limit.usual:,} is usual. The operator sets the ceiling."
    return Field(name="amount", label="Allowed", value=str(limit.amount), hint=bounds, max_length=7, replace=True)


def _row(limit: RateLimit, *, may: bool) -> Row:
    actions = ["change", "reset"] if limit.own else ["change"]
    return Row(
        id=limit.name,
        icon="clock",
        note="Set by this organisation" if limit.own else "" if limit.adjustable else "Holds for the whole server",
        actions=actions if may and limit.adjustable else [],
        cells={"what": what(limit), "whose": whose(limit), "amount": amount_in_words(limit), "used": _used(limit)},
    )


def _used(limit: RateLimit) -> State | None:
    if limit.used is None:
        return None
    own = "" if limit.subject == "organization" else " by you"
    tone: Tone = "warn" if limit.used >= limit.amount * _NEARLY_FULL else "plain"
    return State(text=f"{limit.used:,}{own}", tone=tone, progress=Progress(done=limit.used, total=limit.amount))
