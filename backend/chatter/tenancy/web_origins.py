"""The web origins of an organisation: whose pages may call its API from a browser, with a key or an app's token."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.db.database import after_commit
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.tenancy.errors import OriginListed, OriginsTooMany
from chatter.tenancy.events import WebOriginAdded, WebOriginRemoved
from chatter.tenancy.kept_origins import KeptOrigins
from chatter.tenancy.models import WebOrigin as Row
from chatter.tenancy.permissions import TenancyAction
from chatter.tenancy.schemas import WebOrigin, WebOriginCreate
from chatter.tenancy.web_origin_names import web_origin

__all__ = ["WebOrigins"]

_MOST = 50


class WebOrigins:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, principal: Principal, kept: KeptOrigins) -> None:
        self._session = session
        self._principal = principal
        self._kept = kept

    async def all(self) -> list[WebOrigin]:
        return [_shown(row) for row in await self._session.scalars(select(Row).order_by(Row.origin))]

    async def add(self, data: WebOriginCreate) -> WebOrigin:
        """Let the pages of an origin in; raises OriginInvalid, OriginListed, OriginsTooMany."""
        origin = web_origin(data.origin)
        if len(await self.all()) >= _MOST:
            raise OriginsTooMany(f"There are {_MOST} already.", remedy="Remove one that no page needs any more.")
        row = Row(tenant_id=self._principal.tenant_id, id=new_id(), origin=origin)
        self._session.add(row)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise OriginListed("This origin is in the list already.", remedy="There is nothing to do.") from error
        await self._session.refresh(row)
        after = WebOriginCreate(origin=origin)
        await record(self._session, self._principal, TenancyAction.ORIGIN_ADDED, target=row.id, after=after)
        emit(self._session, WebOriginAdded(origin_id=row.id))
        after_commit(self._session, self._kept.forget)
        return _shown(row)

    async def remove(self, origin_id: UUID) -> None:
        """Let its pages in no more, from the next request on."""
        row = await self._session.get(Row, (self._principal.tenant_id, origin_id))
        if row is None:
            raise NotFound
        await self._session.delete(row)
        before = WebOriginCreate(origin=row.origin)
        await record(self._session, self._principal, TenancyAction.ORIGIN_REMOVED, target=origin_id, before=before)
        emit(self._session, WebOriginRemoved(origin_id=origin_id))
        after_commit(self._session, self._kept.forget)


def _shown(row: Row) -> WebOrigin:
    return WebOrigin(id=row.id, origin=row.origin, created_at=row.created_at)
