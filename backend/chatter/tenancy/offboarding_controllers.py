"""Routes of offboarding."""

from uuid import UUID

from litestar import Controller, get, post

from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.tenancy.offboarding import Offboardings
from chatter.tenancy.permissions import TenancyAction, TenancyPermission
from chatter.tenancy.schemas import BelongingsList, Offboarding, OffboardingList, OffboardingOrder

__all__ = ["OffboardingController"]


class OffboardingController(Controller):
    """What a member owns, and what becomes of it when they go."""

    tags = ("Members",)

    @get(
        "/members/{user_id:uuid}/belongings",
        operation_id="ListBelongings",
        summary="What a member owns, counted",
        opt=route(permission=TenancyPermission.MEMBER_DELETE),
    )
    async def belongings(self, offboardings: Offboardings, user_id: UUID) -> BelongingsList:
        return BelongingsList(user_id=user_id, items=await offboardings.belongings(user_id))

    @post(
        "/members/{user_id:uuid}/offboard",
        operation_id="OffboardMember",
        summary="Take a member out and deal with what they own",
        opt=route(permission=TenancyPermission.MEMBER_DELETE, audit=TenancyAction.MEMBER_OFFBOARDED),
    )
    async def order(
        self, offboardings: Offboardings, principal: Principal, user_id: UUID, data: OffboardingOrder
    ) -> Offboarding:
        return await offboardings.order(principal, user_id, data)

    @get(
        "/offboardings",
        operation_id="ListOffboardings",
        summary="The newest offboardings and how far they are",
        opt=route(permission=TenancyPermission.MEMBER_DELETE),
    )
    async def index(self, offboardings: Offboardings) -> OffboardingList:
        return OffboardingList(items=await offboardings.newest())
