"""What an organisation asks of the sessions that open it."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.events import SignInPolicyUpdated
from chatter.identity.models import SignInPolicy
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import SessionLifetimes
from chatter.kit.events import emit
from chatter.kit.principal import Principal

__all__ = ["SignInPolicies"]


class SignInPolicies:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal

    async def lifetimes(self) -> SessionLifetimes:
        row = await self._session.get(SignInPolicy, self._principal.tenant_id)
        if row is None:
            return SessionLifetimes(idle_minutes=None, absolute_hours=None)
        return SessionLifetimes(idle_minutes=row.idle_minutes, absolute_hours=row.absolute_hours)

    async def set_lifetimes(self, data: SessionLifetimes) -> SessionLifetimes:
        """From the next request on, for sessions that stand as well: the one that asks may be too old to come back."""
        before, tenant_id = await self.lifetimes(), self._principal.tenant_id
        values = {"idle_minutes": data.idle_minutes, "absolute_hours": data.absolute_hours}
        await self._session.execute(
            insert(SignInPolicy)
            .values(tenant_id=tenant_id, **values)
            .on_conflict_do_update(index_elements=["tenant_id"], set_=values)
        )
        await record(
            self._session,
            self._principal,
            IdentityAction.SIGN_IN_POLICY_UPDATED,
            target=tenant_id,
            before=before,
            after=data,
        )
        emit(self._session, SignInPolicyUpdated())
        return data
