"""What the invitations page knows and does."""

from typing import cast
from uuid import UUID

from chatter.rbac.schemas import Role
from chatter.tenancy.schemas import Invitation, InvitationState, Team
from chatter_dashboard.components.table import Row, State
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["InvitationsState", "invitation_row"]


class InvitationsState:
    """The invitations and the changes to them."""

    def __init__(self, visitor: Visitor) -> None:
        self._api = visitor.api.tenancy
        self._visitor = visitor
        self.items: list[Invitation] = []
        self.cursor: str | None = None
        self.query = ""
        self.wanted: InvitationState | None = None
        self.teams: list[Team] = []
        self.roles: list[Role] = []

    @property
    def sending(self) -> bool:
        """Whether a mail is on its way, so that the list will change by itself."""
        return any(item.state == "pending" and item.mail_state == "queued" for item in self.items)

    async def load(self) -> None:
        """Fetch the first part."""
        page = await self._api.invitations(state=self.wanted, query=self.query)
        self.items, self.cursor = page.items, page.next_cursor

    async def more(self) -> None:
        """Fetch the next part."""
        page = await self._api.invitations(state=self.wanted, query=self.query, cursor=self.cursor)
        self.items, self.cursor = [*self.items, *page.items], page.next_cursor

    async def load_choices(self) -> None:
        """Fetch the teams that one can be invited to, and the roles that this person can give."""
        self.teams = await self._api.teams()
        if self._visitor.may("rbac:role:read"):
            held, is_owner = set(self._visitor.me.permissions), self._visitor.me.role == "owner"
            roles = await self._visitor.api.access.roles()
            self.roles = [role for role in roles if held.issuperset(role.permissions)]
            self.roles = [role for role in self.roles if is_owner or role.key != "owner"]

    async def narrow(self, query: str, state: str) -> None:
        """Want others from now on."""
        self.query, self.wanted = query.strip(), cast(InvitationState, state) if state else None
        await self.load()

    async def act(self, action: str, invitation_id: str) -> str:
        """Send again or withdraw; answers what to say."""
        invitation = next(item for item in self.items if str(item.id) == invitation_id)
        if action == "resend":
            await self._api.resend_invitation(UUID(invitation_id))
            return f"A new link is on its way to {invitation.email}."
        await self._api.revoke_invitation(UUID(invitation_id))
        return f"The invitation of {invitation.email} was withdrawn."


def invitation_row(invitation: Invitation) -> Row:
    """An invitation as a line; only an open one can be acted on."""
    is_open = invitation.state in ("pending", "expired")
    return Row(
        id=str(invitation.id),
        icon="mail",
        note=invitation.mail_error or "",
        note_bad=True,
        cells={
            "email": invitation.email,
            "role": invitation.role_name,
            "state": _state(invitation),
            "expires": f"{invitation.expires_at:%d %b %Y, %H:%M} UTC" if is_open else None,
        },
        actions=["resend", "revoke"] if is_open else [],
    )


def _state(invitation: Invitation) -> State:
    if invitation.state == "pending":
        return {
            "queued": State(text="Being sent", tone="accent"),
            "sent": State(text="Sent", tone="accent"),
            "failed": State(text="Not sent", tone="bad"),
        }[invitation.mail_state]
    return {
        "accepted": State(text="Accepted", tone="ok"),
        "revoked": State(text="Withdrawn"),
        "expired": State(text="Expired", tone="warn"),
    }[invitation.state]
