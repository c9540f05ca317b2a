"""Whether the organisation asks its people for a second factor."""

from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.demands import shows
from chatter.identity.factor_errors import FactorNotShown
from chatter.identity.factor_events import SecondFactorPolicyUpdated
from chatter.identity.factor_schemas import SecondFactorPolicy
from chatter.identity.models import SignInPolicy
from chatter.identity.permissions import IdentityAction
from chatter.kit.events import emit
from chatter.kit.principal import Principal

__all__ = ["FactorPolicies"]


class FactorPolicies:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal

    async def get(self) -> SecondFactorPolicy:
        return _shown(await self._row())

    async def set(self, data: SecondFactorPolicy) -> SecondFactorPolicy:
        """Takes effect with everybody's next request; raises FactorNotShown for who would lock themselves out."""
        if not shows(self._principal, data.require):
            raise FactorNotShown(
                "You would lock yourself out: this sign-in has not shown what you ask of the others.",
                remedy="Add it to your own account first, then ask for it.",
            )
        row = await self._row()
        before = _shown(row)
        if row is None:
            row = SignInPolicy(tenant_id=self._principal.tenant_id)
            self._session.add(row)
        row.require_second_factor = data.require != "nothing"
        row.require_passkey = data.require == "passkey"
        await self._session.flush()
        action, target = IdentityAction.SECOND_FACTOR_POLICY_UPDATED, self._principal.tenant_id
        await record(self._session, self._principal, action, target=target, before=before, after=data)
        emit(self._session, SecondFactorPolicyUpdated(require=data.require))
        return data

    async def _row(self) -> SignInPolicy | None:
        return await self._session.get(SignInPolicy, self._principal.tenant_id)


def _shown(row: SignInPolicy | None) -> SecondFactorPolicy:
    if row is None or not row.require_second_factor:
        return SecondFactorPolicy(require="nothing")
    return SecondFactorPolicy(require="passkey" if row.require_passkey else "second_factor")
