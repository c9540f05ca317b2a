"""What ends with a person's sign-in: the apps that act for them."""

from uuid import UUID

from chatter.identity.events import MemberSignedOut, OtherSessionsRevoked, PasswordChanged, PasswordReset
from chatter.kit.events import Listener
from chatter.kit.services import Services

__all__ = ["LISTENERS"]

_END_HERE = """
update oauth_family f set ended_at = now(), end_reason = 'signed_out' from oauth_grant g
where f.tenant_id = $1 and g.tenant_id = f.tenant_id and g.id = f.grant_id and g.user_id = $2 and f.ended_at is null
"""


async def _end_everywhere(services: Services, _: UUID, event: PasswordChanged | PasswordReset) -> None:
    """Whoever has a new password signed out everywhere: apps connect anew, in every organisation."""
    await services.database.hot.execute("select oauth_end_families($1)", event.user_id)


async def _end_here(services: Services, tenant_id: UUID, event: MemberSignedOut) -> None:
    """An administrator signs somebody out of their own organisation, and of no other."""
    async with services.database.connection(tenant_id) as connection:
        await connection.execute(_END_HERE, tenant_id, event.user_id)


async def _end_as_far(services: Services, tenant_id: UUID, event: OtherSessionsRevoked) -> None:
    """A session that one organisation vouches for signs out of that one alone."""
    if event.bound:
        await _end_here(services, tenant_id, MemberSignedOut(user_id=event.user_id))
    else:
        await services.database.hot.execute("select oauth_end_families($1)", event.user_id)


LISTENERS = (
    Listener(event=PasswordChanged, handle=_end_everywhere),
    Listener(event=PasswordReset, handle=_end_everywhere),
    Listener(event=MemberSignedOut, handle=_end_here),
    Listener(event=OtherSessionsRevoked, handle=_end_as_far),
)
