"""Offboarding: a person leaves for good, and what they owned goes to somebody or is deleted."""

from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.jobs import Job, JobQueue
from chatter.kit.principal import Principal
from chatter.rbac.facade import Authorizer
from chatter.tenancy.errors import BelongingsUnknown, OwnerOnly, SuccessorUnfit
from chatter.tenancy.events import MemberOffboarded, MemberRemoved
from chatter.tenancy.models import Membership
from chatter.tenancy.models import Offboarding as Row
from chatter.tenancy.offboarding_job import OFFBOARD, OffboardMember
from chatter.tenancy.permissions import TenancyAction
from chatter.tenancy.ports import BelongingsRegistry
from chatter.tenancy.schemas import BelongingsCount, Offboarding, OffboardingOrder
from chatter.tenancy.service import TenancyService

__all__ = ["Offboardings"]

_SHOWN = 50
_STATES: dict[str, Literal["waiting", "running", "done", "failed"]] = {
    "queued": "waiting",
    "running": "running",
    "done": "done",
}


class Offboardings:
    """Works in the unit of work that it is given."""

    def __init__(
        self, session: AsyncSession, authorizer: Authorizer, *, jobs: JobQueue, registry: BelongingsRegistry
    ) -> None:
        self._session = session
        self._authorizer = authorizer
        self._jobs = jobs
        self._registry = registry

    async def belongings(self, user_id: UUID) -> list[BelongingsCount]:
        """What a member owns, counted by kind."""
        await TenancyService(self._session).member(user_id)
        return await self.counted(user_id)

    async def counted(self, owner_id: UUID) -> list[BelongingsCount]:
        """What a member of either kind owns."""
        return [
            BelongingsCount(
                kind=kind.kind,
                count=await kind.count(self._session, owner_id=owner_id),
                private=kind.private,
            )
            for kind in self._registry
        ]

    async def order(self, principal: Principal, user_id: UUID, data: OffboardingOrder) -> Offboarding:
        """Take the member out at once, and have a job deal with what they owned.

        Raise OwnerOnly, MembershipOwn, PermissionNotHeld, BelongingsUnknown, SuccessorUnfit.
        """
        tenancy = TenancyService(self._session)
        await tenancy.require_changeable(principal, user_id=user_id, authorizer=self._authorizer)
        person = await tenancy.member(user_id)
        order = await self.deal_with(principal, user_id, data, name=person.name)
        await tenancy.take_out(principal, user_id=user_id)
        await record(self._session, principal, TenancyAction.MEMBER_OFFBOARDED, target=user_id, after=data)
        emit(self._session, MemberRemoved(user_id=user_id))
        emit(self._session, MemberOffboarded(user_id=user_id, offboarding_id=order.id))
        return order

    async def deal_with(
        self, principal: Principal, owner_id: UUID, data: OffboardingOrder, *, name: str
    ) -> Offboarding:
        """Have a job deal with what a member owned, whom the caller takes out and records.

        Raise OwnerOnly, BelongingsUnknown, SuccessorUnfit.
        """
        await self._check(principal, owner_id, data)
        row = Row(
            tenant_id=principal.tenant_id,
            id=new_id(),
            user_id=owner_id,
            person=name,
            successor_id=data.successor_id,
            handed_over=sorted(set(data.hand_over)),
            ordered_by=principal.user_id,
        )
        self._session.add(row)
        payload = OffboardMember.ordered(row.id, by=principal)
        await self._jobs.enqueue(self._session, OFFBOARD, payload, subject=row.id)
        await self._session.flush()
        return (await self._shown(Row.id == row.id))[0]

    async def newest(self) -> list[Offboarding]:
        return await self._shown()

    async def _check(self, principal: Principal, owner_id: UUID, data: OffboardingOrder) -> None:
        for name in data.hand_over:
            kind = self._registry.named(name)
            if kind is None:
                known = ", ".join(one.kind for one in self._registry)
                raise BelongingsUnknown(f"Nobody here owns {name!r}.", remedy=f"Use {known}.")
            if kind.private and principal.role != "owner":
                raise OwnerOnly(
                    f"Only an owner can hand over {name}, which nobody but their owner sees.",
                    remedy="Have them deleted, or ask an owner.",
                )
        if data.successor_id is None:
            if data.hand_over:
                raise SuccessorUnfit("Nobody was named to take over.", remedy="Name a member.")
            return
        heir = await self._session.get(Membership, (principal.tenant_id, data.successor_id))
        if heir is None:
            raise NotFound
        if heir.user_id == owner_id or heir.suspended_at is not None or heir.kind != "person":
            raise SuccessorUnfit("Another, active person must take over.", remedy="Name somebody else.")

    async def _shown(self, *only: object) -> list[Offboarding]:
        statement = (
            select(Row, Job)
            .join(Job, (Job.tenant_id == Row.tenant_id) & (Job.subject == Row.id))
            .where(*only)  # type: ignore[arg-type]  # column expressions
            .order_by(Row.created_at.desc())
            .limit(_SHOWN)
        )
        return [
            Offboarding(
                id=row.id,
                user_id=row.user_id,
                person=row.person,
                successor_id=row.successor_id,
                handed_over=row.handed_over,
                state=_STATES.get(job.state, "failed"),
                stage=job.stage,
                done=job.done,
                total=job.total,
                error=job.error_detail if job.state == "failed" else None,
                created_at=row.created_at,
            )
            for row, job in await self._session.execute(statement)
        ]
