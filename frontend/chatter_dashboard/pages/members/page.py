"""Members: who belongs to the organisation, in which role."""

from functools import partial

from chatter.identity.factor_schemas import MemberFactors
from chatter.tenancy.schemas import Member
from chatter_dashboard.components.layout import card, div, link_button, page_head
from chatter_dashboard.components.table import Action, Choice, Column, Confirm, Option, Row, State, Table
from chatter_dashboard.pages.members.offboarding import offboard, offboarding_row
from chatter_dashboard.pages.members.state import MembersState
from chatter_dashboard.shell.confirming import Confirming
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.polling import polling
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["members"]

_COLUMNS = [
    Column(key="name", label="Name", kind="name"),
    Column(key="role", label="Role", kind="choice"),
    Column(key="state", label="State", kind="state", hide="sm"),
    Column(key="joined", label="Joined", kind="time", hide="sm"),
]
_SUSPEND = Action(
    id="suspend",
    label="Suspend",
    icon="pause",
    confirm=Confirm(title="Suspend {name}?", body="They are out at once, until somebody reactivates them."),
)
_REACTIVATE = Action(id="reactivate", label="Reactivate", icon="play")
_SIGN_OUT = Action(
    id="sign-out",
    label="Sign out",
    icon="sign-out",
    confirm=Confirm(
        title="Sign {name} out?",
        body="They have to sign in again on every device. Their other organizations stay open.",
    ),
)
_REMOVE = Action(
    id="remove",
    label="Remove",
    icon="trash",
    danger=True,
    confirm=Confirm(
        title="Remove {name}?",
        body="They lose access to this organization at once. Their conversations stay.",
    ),
)


_RESET = Action(
    id="reset",
    label="Reset second factors",
    icon="lock",
    danger=True,
    confirm=Confirm(
        title="Reset the second factors of {name}?",
        body="For somebody who has lost them. They are removed, all sessions of this person end, and a mail tells "
        "them. Make sure that it is them who asks.",
    ),
)
_FACTORS = Column(key="factors", label="Second factor", hide="md")
_OFFBOARD = Action(id="offboard", label="Offboard", icon="leave")
_OFFBOARDINGS = [
    Column(key="name", label="Offboarded", kind="name"),
    Column(key="state", label="State", kind="state"),
    Column(key="done", label="Things", kind="number", hide="sm"),
    Column(key="created", label="When", kind="time", hide="sm"),
]


@page("Members")
async def members(visitor: Visitor) -> None:
    """Everybody, with what this person may change."""
    state = MembersState(visitor)

    await state.load_roles()
    with page_head("Members", lead=f"People in {visitor.me.organization.name}"):
        if visitor.may("tenancy:invitation:create"):
            link_button("Invite people", "/invitations", icon_name="invitation", primary=True)
    async with loading():
        await state.load()
    with card(""):
        table = _table(visitor, state)

    dialogs = div("lx-contents")
    confirming = Confirming(visitor, inside=div("lx-contents"))
    work = div("lx-contents")

    def refresh() -> None:
        table.show(
            [
                _row(member, visitor, options=state.role_options(), factors=state.factors.get(member.user_id))
                for member in state.members
            ]
        )
        work.clear()
        if state.offboardings:
            with work, card("lx-card-below"):
                orders = Table(_OFFBOARDINGS, caption="Offboardings")
            orders.show([offboarding_row(order) for order in state.offboardings])

    async def reload() -> None:
        await state.load()
        refresh()
        timer.active = state.offboarding

    async def act(action: str, user_id: str) -> None:
        if action == "offboard":
            member, heirs = state.leaver(user_id)
            await offboard(visitor, member, heirs, inside=dialogs, on_ordered=reload)
            return
        await confirming.run(partial(change, action, user_id))

    async def change(action: str, user_id: str) -> None:
        message = await state.act(action, user_id)
        refresh()
        say(message)

    async def choose(user_id: str, role: str) -> None:
        try:
            member = await state.change_role(user_id, role)
            say(f"{member.name} is now {member.role_name}.")
        finally:
            refresh()

    timer = polling(reload, active=state.offboarding)
    table.on_action(act).on_choose(choose)
    refresh()


def _table(visitor: Visitor, state: MembersState) -> Table:
    actions = [_SUSPEND, _REACTIVATE, _SIGN_OUT] if visitor.may("tenancy:member:update") else []
    actions += [_RESET] if state.may_reset_factors else []
    actions += [_OFFBOARD, _REMOVE] if visitor.may("tenancy:member:delete") else []
    columns = [*_COLUMNS[:2], _FACTORS, *_COLUMNS[2:]] if state.may_see_factors else _COLUMNS
    return Table(columns, caption="Members", actions=actions)


def _row(member: Member, visitor: Visitor, *, options: list[Option], factors: MemberFactors | None) -> Row:
    oneself = member.user_id == visitor.me.user.id
    known = any(option.value == member.role for option in options)
    changeable = known and visitor.may("tenancy:member:update") and not oneself
    return Row(
        id=str(member.user_id),
        initial=member.name[:1].upper(),
        note=member.email,
        cells={
            "name": f"{member.name} (you)" if oneself else member.name,
            "role": Choice(value=member.role, label=member.role_name, options=options if changeable else None),
            "state": State(text="Suspended", tone="warn") if member.suspended_at else State(text="Active", tone="ok"),
            "factors": _factors(factors),
            "joined": member.joined_at.isoformat(),
        },
        actions=[] if oneself else _actions(member, factors),
    )


def _actions(member: Member, factors: MemberFactors | None) -> list[str]:
    resettable = factors is not None and (factors.totp or factors.passkeys)
    return [
        "reactivate" if member.suspended_at else "suspend",
        "sign-out",
        *(["reset"] if resettable else []),
        "offboard",
        "remove",
    ]


def _factors(factors: MemberFactors | None) -> str:
    """In words; a passkey says the more."""
    if factors is None or not (factors.totp or factors.passkeys):
        return "none"
    passkeys = "passkey" if factors.passkeys == 1 else f"{factors.passkeys} passkeys"
    return ", ".join([*([passkeys] if factors.passkeys else []), *(["app"] if factors.totp else [])])
