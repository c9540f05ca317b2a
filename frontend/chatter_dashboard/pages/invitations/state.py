"""What the invitations page knows and does."""

from uuid import UUID

from chatter.tenancy.schemas import Invitation, Team
from chatter_dashboard.components.table import Row, State
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["InvitationsState", "invitation_row"]


class InvitationsState:
    """The invitations and the changes to them."""

    def __init__(self, visitor: Visitor) -> None:
        self._api = visitor.api.tenancy
        self.items: list[Invitation] = []
        self.teams: list[Team] = []

    @property
    def sending(self) -> bool:
        """Whether a mail is on its way, so that the list will change by itself."""
        return any(item.state == "pending" and item.mail_state == "queued" for item in self.items)

    async def load(self) -> None:
        """Fetch the invitations, and the teams that one can be invited to."""
        self.items = await self._api.invitations()
        self.teams = await self._api.teams()

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
            "role": invitation.role.capitalize(),
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
