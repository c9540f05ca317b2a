"""What a person's groups at the provider stand for here, at each sign-in."""

from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.principal import Principal
from chatter.sso.models import IdentityProvider
from chatter.sso.repository import SsoRepository
from chatter.sso.walk import Claims
from chatter.tenancy.facade import Provisioning

__all__ = ["follow_groups"]


async def follow_groups(session: AsyncSession, provider: IdentityProvider, person: Principal, claims: Claims) -> None:
    """Give the role of the first mapping that fits, the default without one, and the teams of all that fit.

    Nothing changes when the provider says nothing about groups, or nothing is mapped. Teams that no mapping names are
    left as they are.
    """
    mappings = await SsoRepository(session).mappings(provider.id)
    if claims.groups is None or not mappings:
        return
    fitting = [mapping for mapping in mappings if mapping.group_name in claims.groups]
    provisioning = Provisioning(session)
    if any(mapping.role for mapping in mappings):
        role = next((mapping.role for mapping in fitting if mapping.role), provider.default_role)
        await provisioning.give_role(person, role)
    await provisioning.place_in_teams(
        person,
        wanted={mapping.team_id for mapping in fitting if mapping.team_id},
        governed={mapping.team_id for mapping in mappings if mapping.team_id},
    )
