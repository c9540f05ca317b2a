"""What ends with a person's sign-in: the apps that act for them."""

from uuid import UUID

from chatter.identity.events import MemberSignedOut, OtherSessionsRevoked, PasswordChanged, PasswordReset
from chatter.identity.facade import organizations_of
from chatter.kit.events import Listener
from chatter.kit.services import Services
from chatter.oauth.families import end_families_of

__all__ = ["LISTENERS"]

_END_HERE = """
update oauth_family f set ended_at = now(), end_reason = 'signed_out' from oauth_grant g
where f.tenant_id = $1 and g.tenant_id = f.tenant_id and g.id = f.grant_id and g.user_id = $2 and f.ended_at is null
"""


async def _end_everywhere(services: Services, _: UUID, event: PasswordChanged | PasswordReset) -> None:
    """Whoever has a new password signed out everywhere: apps connect anew, in every organisation."""
    await _end_all(services, event.user_id)


async def _end_all(services: Services, user_id: UUID) -> None:
    """With a row in the log of each organisation of theirs; where they are suspended, without."""
    for organization in await organizations_of(services.database, user_id):
        async with services.database.unit(organization.id) as session:
            await end_families_of(session, user_id, services.clock)
    await services.database.hot.execute("select oauth_end_families($1)", user_id)


async def _end_here(services: Services, tenant_id: UUID, event: MemberSignedOut) -> None:
    """An administrator signs somebody out of their own organisation, and of no other."""
    async with services.database.unit(tenant_id) as session:
        await end_families_of(session, event.user_id, services.clock)
    async with services.database.connection(tenant_id) as connection:
        await connection.execute(_END_HERE, tenant_id, event.user_id)


async def _end_as_far(services: Services, tenant_id: UUID, event: OtherSessionsRevoked) -> None:
    """A session that one organisation vouches for signs out of that one alone."""
    if event.bound:
        await _end_here(services, tenant_id, MemberSignedOut(user_id=event.user_id))
    else:
        await _end_all(services, event.user_id)


LISTENERS = (
    Listener(event=PasswordChanged, handle=_end_everywhere),
    Listener(event=PasswordReset, handle=_end_everywhere),
    Listener(event=MemberSignedOut, handle=_end_here),
    Listener(event=OtherSessionsRevoked, handle=_end_as_far),
)
