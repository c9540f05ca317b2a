"""Routes of the organisation's web origins."""

from uuid import UUID

from litestar import Controller, delete, get, post

from chatter.kit.routes import route
from chatter.tenancy.permissions import TenancyAction, TenancyPermission
from chatter.tenancy.schemas import WebOrigin, WebOriginCreate, WebOriginList
from chatter.tenancy.web_origins import WebOrigins

__all__ = ["WebOriginController"]


class WebOriginController(Controller):
    """`/organization/web-origins`"""

    path = "/organization/web-origins"
    tags = ("Web origins",)

    @get(
        operation_id="ListWebOrigins",
        summary="The origins whose pages may call the API",
        opt=route(permission=TenancyPermission.ORIGIN_READ),
    )
    async def index(self, web_origins: WebOrigins) -> WebOriginList:
        return WebOriginList(items=await web_origins.all())

    @post(
        operation_id="AddWebOrigin",
        summary="Let the pages of an origin call the API",
        opt=route(permission=TenancyPermission.ORIGIN_CREATE, audit=TenancyAction.ORIGIN_ADDED),
    )
    async def add(self, web_origins: WebOrigins, data: WebOriginCreate) -> WebOrigin:
        return await web_origins.add(data)

    @delete(
        "/{origin_id:uuid}",
        operation_id="RemoveWebOrigin",
        summary="Let the pages of an origin in no more",
        opt=route(permission=TenancyPermission.ORIGIN_DELETE, audit=TenancyAction.ORIGIN_REMOVED),
    )
    async def remove(self, web_origins: WebOrigins, origin_id: UUID) -> None:
        await web_origins.remove(origin_id)
