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
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal
from chatter.rbac.facade import Authorizer
from chatter.tenancy.facade import Member, TenancyService

__all__ = ["MembersFactors", "reset_for_operator"]

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
        return MemberFactorsList(items=await _of_everybody(self._session))

    async def reset(self, principal: Principal, *, user_id: UUID) -> None:
        """Remove all factors of a member and end their sessions, after a loss; the member is told by mail.

        Raise SecondFactorMissing, and FactorsElsewhere when another organisation relies on them as well.
        """
        tenancy = TenancyService(self._session)
        await tenancy.require_changeable(principal, user_id=user_id, authorizer=self._authorizer)
        await _remove(self._session, principal, await tenancy.member(user_id), jobs=self._jobs)


async def reset_for_operator(session: AsyncSession, operator: Principal, *, email: str, jobs: JobQueue) -> None:
    """The same for whoever runs the server, when nobody in the organisation could: its only owner has lost them.

    Raise NotFound when nobody of this address is a member, and what `MembersFactors.reset` raises.
    """
    members = await TenancyService(session).members()
    member = next((one for one in members if email and one.email == email.strip().lower()), None)
    if member is None:
        raise NotFound
    await _remove(session, operator, member, jobs=jobs)


async def _of_everybody(session: AsyncSession) -> list[MemberFactors]:
    rows = await session.execute(_ALL)
    return [
        MemberFactors(user_id=row.user_id, totp=row.totp, passkeys=row.passkeys, recovery_codes=row.recovery_codes)
        for row in rows
    ]


async def _remove(session: AsyncSession, principal: Principal, member: Member, *, jobs: JobQueue) -> None:
    user_id = member.user_id
    there = next((found for found in await _of_everybody(session) if found.user_id == user_id), None)
    if there is None or not (there.totp or there.passkeys):
        raise SecondFactorMissing("This member has no second factor.", remedy="There is nothing to reset.")
    if not await session.scalar(_RESET, {"user_id": user_id}):
        raise FactorsElsewhere(
            "This member belongs to other organizations as well, which rely on these factors.",
            remedy="They can use a recovery code. You can reset them once your organization has proven the domain "
            "of their address.",
        )
    await record(session, principal, IdentityAction.SECOND_FACTORS_RESET, target=user_id, before=there)
    emit(session, SecondFactorsReset(user_id=user_id))
    who = (
        "The operator of this server"
        if principal.kind == "operator"
        else f"An administrator of {principal.organization_name}"
    )
    await jobs.enqueue(
        session, SEND_FACTOR_NOTICE, FactorNotice(email=member.email, occasion="reset", by=who), subject=user_id
    )
