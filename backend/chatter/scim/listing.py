"""Lists of users and groups: found, sorted, a page at a time (RFC 7644 §3.4.2), for the same few statements."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from scim2_models import Context, ListResponse, Path, SearchRequest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.scim.entries import GROUPS, USERS, Keeping, Kept, groups_of, members_of, shown_group, shown_user
from chatter.scim.filters import condition, order
from chatter.scim.models import ScimGroup, ScimUser
from chatter.scim.resources import MAX_RESULTS, POLICY, DirectoryUser, Group

__all__ = ["Listing"]

_DEFAULT_COUNT = 100
_FURTHEST = 2**31

T = TypeVar("T")


class Listing:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, *, base_url: str) -> None:
        self._session = session
        self._base_url = base_url

    async def users(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A ListResponse of users; raises pydantic's ValidationError for a question that can't be read."""
        request = SearchRequest[DirectoryUser].model_validate(asked, scim_policy=POLICY)
        start, count = _window(request)
        total = await self._count(USERS, request)
        return _response(request, await self._users(request, start, count), total=total, start=start)

    async def groups(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A ListResponse of groups."""
        request = SearchRequest[Group].model_validate(asked, scim_policy=POLICY)
        start, count = _window(request)
        total = await self._count(GROUPS, request)
        return _response(request, await self._groups(request, start, count), total=total, start=start)

    async def everything(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A ListResponse of both: the users first, then the groups."""
        request = SearchRequest[DirectoryUser | Group].model_validate(asked, scim_policy=POLICY)
        start, count = _window(request)
        of_users, of_groups = await self._count(USERS, request), await self._count(GROUPS, request)
        page = await self._users(request, start, count)
        page += await self._groups(request, max(1, start - of_users), count - len(page))
        return _response(request, page, total=of_users + of_groups, start=start)

    async def _count(self, keeping: Keeping, request: SearchRequest[Any]) -> int:
        found = self._narrowed(keeping, request)
        return await self._session.scalar(select(func.count()).select_from(found.subquery())) or 0

    async def _users(self, request: SearchRequest[Any], start: int, count: int) -> list[Kept]:
        if count <= 0:
            return []
        rows = (await self._session.execute(self._page(USERS, ScimUser, request, start, count))).all()
        groups = await groups_of(self._session, [row[0].id for row in rows]) if _shows(request, "groups") else None
        return [
            shown_user(row, role=role, active=active, groups=_of(groups, row.id), base_url=self._base_url)
            for row, role, active in rows
        ]

    async def _groups(self, request: SearchRequest[Any], start: int, count: int) -> list[Kept]:
        if count <= 0:
            return []
        rows = (await self._session.execute(self._page(GROUPS, ScimGroup, request, start, count))).all()
        members = await members_of(self._session, [row[0].id for row in rows]) if _shows(request, "members") else None
        return [
            shown_group(row, name=name, members=_of(members, row.id), base_url=self._base_url) for row, name in rows
        ]

    def _narrowed(self, keeping: Keeping, request: SearchRequest[Any]) -> Any:
        return keeping.rows.where(condition(keeping.shape, request.filter)) if request.filter else keeping.rows

    def _page(self, keeping: Keeping, model: Any, request: SearchRequest[Any], start: int, count: int) -> Any:
        found = self._narrowed(keeping, request)
        if request.sort_by:
            by = order(keeping.shape, Path[keeping.shape.model](str(request.sort_by)))  # type: ignore[name-defined]
            found = found.order_by(by.desc() if str(request.sort_order) == "descending" else by.asc())
        return found.order_by(model.id).offset(start - 1).limit(count)


def _of(lists: Mapping[UUID, list[T]] | None, key: UUID) -> list[T] | None:
    """One's own of the lists that were read; None when none was."""
    return None if lists is None else lists.get(key, [])


def _window(request: SearchRequest[Any]) -> tuple[int, int]:
    """Where the page begins, from 1, and how much it holds: none of a negative number, and never more than allowed."""
    start = min(max(1, request.start_index or 1), _FURTHEST)
    count = _DEFAULT_COUNT if request.count is None else request.count
    return start, min(max(0, count), MAX_RESULTS)


def _shows(request: SearchRequest[Any], name: str) -> bool:
    """Whether a list of rows of their own is wanted: nobody reads it from the database otherwise."""
    if request.attributes:
        return any(str(path).rpartition(":")[2].lower().startswith(name) for path in request.attributes)
    return all(str(path).rpartition(":")[2].lower() != name for path in request.excluded_attributes or ())


def _response(request: SearchRequest[Any], page: Sequence[Kept], *, total: int, start: int) -> dict[str, Any]:
    response = ListResponse[DirectoryUser | Group](
        total_results=total,
        start_index=start,
        items_per_page=len(page),
        resources=[kept.resource for kept in page],
    )
    shown: dict[str, Any] = response.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=request)
    return shown
