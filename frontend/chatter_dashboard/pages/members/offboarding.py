"""Offboarding a member: who takes over what, and how far it is."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from nicegui.element import Element

from chatter.tenancy.schemas import BelongingsCount, Member, Offboarding
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.table import Option, Progress, Row, State, Tone
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["belongings_fields", "offboard", "offboarding_row"]

_HAND_OVER = Option(value="hand_over", label="Hand over")
_DELETE = Option(value="delete", label="Delete")
_TONES: dict[str, Tone] = {"waiting": "accent", "running": "accent", "done": "ok", "failed": "bad"}


async def offboard(
    visitor: Visitor,
    member: Member,
    heirs: Sequence[Member],
    *,
    inside: Element,
    on_ordered: Callable[[], Awaitable[None]],
) -> None:
    """Ask what becomes of what the member owns; nothing has happened before the dialog is confirmed."""
    counts = await visitor.api.tenancy.belongings(member.user_id)

    async def submit(values: Values) -> None:
        handed = [one.kind for one in counts if values.get(one.kind) == _HAND_OVER.value]
        successor = UUID(values["successor_id"]) if handed else None
        await visitor.api.tenancy.offboard(member.user_id, successor_id=successor, hand_over=handed)
        dialog.close()
        await on_ordered()

    inside.clear()
    with inside:
        dialog = Dialog(f"Offboard {member.name}", text="They are out at once. What they own:")
        with dialog:
            Form(belongings_fields(visitor, counts, heirs), submit_label="Offboard", on_submit=submit)
    dialog.open()


def offboarding_row(order: Offboarding) -> Row:
    """An offboarding as a line, with its progress while it goes on."""
    under_way = order.state in ("waiting", "running")
    progress = Progress(done=order.done, total=order.total) if under_way else None
    return Row(
        id=str(order.id),
        initial=order.person[:1].upper(),
        note=order.error or "",
        note_bad=True,
        cells={
            "name": order.person,
            "state": State(text=order.state.capitalize(), tone=_TONES[order.state], progress=progress),
            "done": order.done,
            "created": order.created_at.isoformat(),
        },
    )


def belongings_fields(visitor: Visitor, counts: Sequence[BelongingsCount], heirs: Sequence[Member]) -> list[Field]:
    """What becomes of each kind of thing that somebody owns, and who takes over."""
    people = tuple(Option(value=str(one.user_id), label=f"{one.name}, {one.email}") for one in heirs)
    fields = [
        Field(
            name=one.kind,
            label=f"{one.kind.replace('_', ' ').capitalize()}: {one.count}",
            kind="select",
            options=_ways(visitor, one, may_hand_over=bool(people)),
            value=_ways(visitor, one, may_hand_over=bool(people))[0].value,
            hint="Few others see them, or nobody. Only an owner can hand them over." if one.private else "",
        )
        for one in counts
    ]
    if people:
        fields.append(
            Field(name="successor_id", label="Who takes over", kind="select", options=people, value=people[0].value)
        )
    return fields


def _ways(visitor: Visitor, one: BelongingsCount, *, may_hand_over: bool) -> tuple[Option, ...]:
    """The way that shows nobody anything new comes first."""
    if one.private:
        return (_DELETE, _HAND_OVER) if may_hand_over and visitor.me.role == "owner" else (_DELETE,)
    return (_HAND_OVER, _DELETE) if may_hand_over else (_DELETE,)
