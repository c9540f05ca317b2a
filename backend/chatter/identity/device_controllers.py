"""Routes of one's own sessions, and of a member's."""

from uuid import UUID

from litestar import Controller, delete, get, post

from chatter.identity.devices import Devices
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import DeviceSessionList
from chatter.kit.routes import route
from chatter.rbac.facade import Authorizer
from chatter.tenancy.permissions import TenancyPermission

__all__ = ["DeviceController"]


class DeviceController(Controller):
    """`/me/sessions`, and signing a member out."""

    tags = ("Sessions",)

    @get(
        "/me/sessions",
        operation_id="ListMySessions",
        summary="Where I am signed in",
        opt=route(signed_in=True, even_closed=True, people_only=True),
    )
    async def index(self, devices: Devices) -> DeviceSessionList:
        return DeviceSessionList(items=await devices.listed())

    @delete(
        "/me/sessions/{session_id:uuid}",
        operation_id="EndMySession",
        summary="Sign one of my devices out",
        opt=route(signed_in=True, even_closed=True, people_only=True, audit=IdentityAction.SESSION_REVOKED),
    )
    async def end(self, session_id: UUID, devices: Devices) -> None:
        await devices.end(session_id)

    @delete(
        "/me/sessions",
        operation_id="EndMyOtherSessions",
        summary="Sign all my other devices out",
        opt=route(signed_in=True, even_closed=True, people_only=True, audit=IdentityAction.OTHER_SESSIONS_REVOKED),
    )
    async def end_others(self, devices: Devices) -> None:
        await devices.end_others()

    @post(
        "/members/{user_id:uuid}/sign-out",
        operation_id="SignOutMember",
        summary="Have a member sign in anew on every device",
        status_code=204,
        opt=route(permission=TenancyPermission.MEMBER_UPDATE, audit=IdentityAction.MEMBER_SIGNED_OUT),
    )
    async def sign_out_member(self, user_id: UUID, devices: Devices, authorizer: Authorizer) -> None:
        await devices.sign_out_member(user_id, authorizer)
