"""The members' second factors, as their administrators see them: what there is, and taking it away after a loss."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.factor_errors import FactorsElsewhere, SecondFactorMissing
from chatter.identity.factor_events import SecondFactorsReset
from chatter.identity.factor_notices import SEND_FACTOR_NOTICE, FactorNotice
from chatter.identity.factor_schemas import MemberFactors, MemberFactorsList
from chatter.identity.permissions import IdentityAction
from chatter.kit.events import emit
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal
from chatter.rbac.facade import Authorizer
from chatter.tenancy.facade import TenancyService

__all__ = ["MembersFactors"]

_ALL = text("select * from factors_of_bound_tenant()")
_RESET = text("select member_factors_reset(:user_id)")


class MembersFactors:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, authorizer: Authorizer, jobs: JobQueue) -> None:
        self._session = session
        self._authorizer = authorizer
        self._jobs = jobs

    async def list(self) -> MemberFactorsList:
        """Everybody's, in no order."""
        rows = await self._session.execute(_ALL)
        return MemberFactorsList(
            items=[
                MemberFactors(
                    user_id=row.user_id,
                    totp=row.totp,
                    passkeys=row.passkeys,
                    recovery_codes=row.recovery_codes,
                )
                for row in rows
            ]
        )

    async def reset(self, principal: Principal, *, user_id: UUID) -> None:
        """Remove all factors of a member and end their sessions, after a loss; the member is told by mail.

        Raise SecondFactorMissing, and FactorsElsewhere when another organisation relies on them as well.
        """
        tenancy = TenancyService(self._session)
        await tenancy.require_changeable(principal, user_id=user_id)
        member = await tenancy.member(user_id)
        await self._authorizer.require_assignable(principal, member.role)
        there = next(found for found in (await self.list()).items if found.user_id == user_id)
        if not (there.totp or there.passkeys):
            raise SecondFactorMissing("This member has no second factor.", remedy="There is nothing to reset.")
        if not await self._session.scalar(_RESET, {"user_id": user_id}):
            raise FactorsElsewhere(
                "This member belongs to other organizations as well, which rely on these factors.",
                remedy="They can use a recovery code. You can reset them once your organization has proven the domain "
                "of their address.",
            )
        await record(self._session, principal, IdentityAction.SECOND_FACTORS_RESET, target=user_id, before=there)
        emit(self._session, SecondFactorsReset(user_id=user_id))
        notice = FactorNotice(email=member.email, occasion="reset", organization=principal.organization_name)
        await self._jobs.enqueue(self._session, SEND_FACTOR_NOTICE, notice, subject=user_id)
