"""What an organisation has decided about its administrators."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.rbac.events import PolicyUpdated
from chatter.rbac.models import AccessPolicy
from chatter.rbac.permissions import RbacAction
from chatter.rbac.schemas import Policy

__all__ = ["PolicyService"]


class PolicyService:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal

    async def policy(self) -> Policy:
        row = await self._session.get(AccessPolicy, self._principal.tenant_id)
        return Policy(admins_read_conversations=row is not None and row.admins_read_conversations)

    async def update(self, data: Policy) -> Policy:
        before = await self.policy()
        values = {"admins_read_conversations": data.admins_read_conversations}
        await self._session.execute(
            insert(AccessPolicy)
            .values(tenant_id=self._principal.tenant_id, **values)
            .on_conflict_do_update(index_elements=["tenant_id"], set_=values)
        )
        tenant_id = self._principal.tenant_id
        await record(
            self._session, self._principal, RbacAction.POLICY_UPDATED, target=tenant_id, before=before, after=data
        )
        emit(self._session, PolicyUpdated())
        return data
