"""The door of an operator's visit: the link that the server's command line printed."""

from litestar import Controller, Response, post

from chatter.identity.schemas import SupportEntered, SupportKey
from chatter.identity.web import session_cookie
from chatter.kit.jobs import JobQueue
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from chatter.tenancy.facade import OpenedVisit, SupportVisits
from chatter.tenancy.permissions import TenancyAction

__all__ = ["SupportEntryController"]


class SupportEntryController(Controller):
    """The link carries the organisation's id, so that it is bound before the look-up."""

    tags = ("Support access",)

    @post(
        "/support/enter",
        operation_id="EnterSupport",
        summary="Open the operator's visit with its link, which works once",
        status_code=200,
        opt=route(public=True, audit=TenancyAction.SUPPORT_VISIT_ENTERED, limit=Kind.LINK),
    )
    async def enter(
        self, data: SupportKey, services: Services, jobs: JobQueue, settings: Settings
    ) -> Response[SupportEntered]:
        async with services.database.unit(data.organization_id) as session:
            opened = await SupportVisits(session, services.clock).enter(data.token, jobs=jobs)
        seconds = max(1, int((opened.until - services.clock.now()).total_seconds()))
        cookie = session_cookie(opened.token.text, settings, seconds=seconds)
        return Response(_entered(opened), status_code=200, cookies=[cookie])


def _entered(opened: OpenedVisit) -> SupportEntered:
    return SupportEntered(
        token=opened.token.text,
        organization_name=opened.visitor.organization_name,
        operator=opened.visitor.name,
        until=opened.until,
    )
