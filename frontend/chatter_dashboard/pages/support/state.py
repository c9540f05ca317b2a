"""What the page of support access knows and does."""

from typing import cast, get_args
from uuid import UUID

from chatter.tenancy.schemas import SupportGrant, SupportRole, SupportVisit
from chatter_dashboard.components.table import Row, State
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["SupportState", "grant_row"]


class SupportState:
    """The accesses that were granted, and the changes to them."""

    def __init__(self, visitor: Visitor) -> None:
        self._api = visitor.api.tenancy
        self.items: list[SupportGrant] = []

    async def load(self) -> None:
        """Fetch the newest."""
        self.items = await self._api.support_grants()

    async def grant(self, *, reason: str, role: str, hours: int) -> SupportGrant:
        """Let the operator in."""
        if role not in get_args(SupportRole):
            raise ValueError(role)
        return await self._api.grant_support(reason=reason, role=cast(SupportRole, role), hours=hours)

    async def revoke(self, grant_id: str) -> None:
        """Show the operator out."""
        await self._api.revoke_support(UUID(grant_id))


def grant_row(grant: SupportGrant) -> Row:
    """An access as a line, with the last visit under it."""
    return Row(
        id=str(grant.id),
        icon="shield",
        note=_note(grant.visits),
        cells={
            "reason": grant.reason,
            "role": grant.role.capitalize(),
            "state": _state(grant),
            "until": f"{grant.revoked_at or grant.expires_at:%d %b %Y, %H:%M} UTC",
            "by": grant.granted_by_name or None,
        },
        actions=["revoke"] if grant.state == "open" else [],
    )


def _state(grant: SupportGrant) -> State:
    if grant.state == "revoked":
        return State(text="Revoked")
    return State(text="Open", tone="warn") if grant.state == "open" else State(text="Expired")


def _note(visits: list[SupportVisit]) -> str:
    entered = [visit for visit in visits if visit.entered_at is not None]
    if not entered:
        return "Nobody has come in."
    last = entered[0]
    until = f"to {last.ended_at:%H:%M}" if last.ended_at else f"until {last.until:%H:%M} at the latest"
    more = f" and {len(entered) - 1} more" if len(entered) > 1 else ""
    return f"{last.operator}, {last.entered_at:%d %b, %H:%M} {until} UTC: {last.reason}{more}"
