"""The mail of an invitation, sent by a job: the link is computed there and kept nowhere."""

from uuid import UUID

import msgspec
from sqlalchemy import select, text, update

from chatter.kit.jobs import JobContext, JobFailure, JobKind
from chatter.kit.mail import Mail
from chatter.kit.settings import Settings
from chatter.rbac.facade import role_names
from chatter.tenancy.invitation_tokens import digest, invitation_link, invitation_token
from chatter.tenancy.models import Invitation, Organization

__all__ = ["SEND_INVITATION", "SendInvitation"]

_TEXT = """{inviter} invites you to join {organization} on Chatter, as {role}.

Open this link to accept. It works once, until {until:%d %B %Y, %H:%M} UTC:

{link}

If you did not expect this, ignore this mail: nothing happens without the link.
"""


class SendInvitation(msgspec.Struct, kw_only=True, frozen=True):
    """Which link of which invitation. When another was made in the meantime, there is nothing to do."""

    invitation_id: UUID
    serial: int


async def _send(context: JobContext, payload: SendInvitation) -> None:
    mail = await _written(context, payload)
    if mail is None:
        return
    await context.services.mailer.send(mail)
    await _note(context, payload, state="sent", error=None)


async def _gave_up(context: JobContext, payload: SendInvitation, failure: JobFailure) -> None:
    await _note(context, payload, state="failed", error=failure.detail)


async def _written(context: JobContext, payload: SendInvitation) -> Mail | None:
    async with context.services.database.unit(context.tenant_id) as session:
        row = await session.get(Invitation, (context.tenant_id, payload.invitation_id))
        organization = await session.scalar(select(Organization))
        if row is None or organization is None or row.serial != payload.serial or row.accepted_at or row.revoked_at:
            return None
        inviter = await session.scalar(
            text("select name from members_of_bound_tenant() where user_id = :id"), {"id": row.invited_by}
        )
        names = await role_names(session, tenant_id=context.tenant_id)
    role = names.get(row.role, row.role)
    settings = context.services.settings
    token = _token(settings, row)
    name = inviter or "An administrator"
    return Mail(
        tenant_id=context.tenant_id,
        id=context.job_id,
        to=row.email,
        subject=f"{name} invites you to {organization.name}",
        text=_TEXT.format(
            inviter=name,
            organization=organization.name,
            role=role,
            until=row.expires_at,
            link=invitation_link(settings.address, tenant_id=context.tenant_id, token=token),
        ),
        at=context.services.clock.now(),
    )


def _token(settings: Settings, row: Invitation) -> str:
    """The token whose hash the row holds: the key may have been changed since the invitation was written."""
    made = [
        invitation_token(key, tenant_id=row.tenant_id, invitation_id=row.id, serial=row.serial)
        for key in settings.secret_keys
    ]
    return next((token for token in made if digest(token) == row.token_hash), made[0])


async def _note(context: JobContext, payload: SendInvitation, *, state: str, error: str | None) -> None:
    async with context.services.database.unit(context.tenant_id) as session:
        await session.execute(
            update(Invitation)
            .where(Invitation.id == payload.invitation_id, Invitation.serial == payload.serial)
            .values(mail_state=state, mail_error=error)
        )


SEND_INVITATION = JobKind(
    name="tenancy.send_invitation", payload=SendInvitation, handle=_send, gave_up=_gave_up, max_attempts=8
)
