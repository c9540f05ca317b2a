"""The keys of an organisation as rows, whoever holds them: made, shown once, revoked."""

from datetime import datetime
from ipaddress import ip_network
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.errors import KeyAddressInvalid, KeyLifetimeInvalid
from chatter.identity.events import ApiKeyCreated as ApiKeyCreatedEvent
from chatter.identity.events import ApiKeyRevoked
from chatter.identity.keys import digest, new_key
from chatter.identity.models import ApiKey as Row
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import ApiKey, ApiKeyCreate, ApiKeyCreated
from chatter.kit.clock import Clock
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.pagination import Cursor
from chatter.kit.principal import Principal
from chatter.kit.schema import Page, Schema

__all__ = ["KeyRing"]

_HINT = 4
_KEYS = """
with people as materialized (select user_id, name, kind from members_of_bound_tenant())
select k.id, k.name, k.user_id as holder_id, coalesce(h.name, '') as holder_name,
    coalesce(h.kind, 'person') as holder_kind, k.scopes, k.addresses, k.hint, k.created_by,
    coalesce(b.name, '') as created_by_name, k.created_at, k.expires_at, k.revoked_at, k.last_used_at,
    case when k.revoked_at is not null then 'revoked' when k.expires_at <= now() then 'expired' else 'active' end
    as state
from api_key k left join people b on b.user_id = k.created_by left join people h on h.user_id = k.user_id
where k.tenant_id = :tenant and (cast(:holder as uuid) is null or k.user_id = :holder)
    and (cast(:before_id as uuid) is null or (k.created_at, k.id) < (:before_at, :before_id))
order by k.created_at desc, k.id desc limit :limit
"""
_MOST = 1_000
"""Keys of one holder that are shown."""


class KeyState(Schema):
    """What the audit log keeps of a key."""

    account_id: UUID
    name: str
    hint: str
    expires_at: datetime | None
    scopes: list[str] | None
    addresses: list[str]


class KeyRing:
    """Works in the unit of work that it is given. That the principal may do so is for the caller to see to."""

    def __init__(self, session: AsyncSession, principal: Principal, clock: Clock) -> None:
        self._session = session
        self._principal = principal
        self._clock = clock

    async def of(self, holder_id: UUID) -> list[ApiKey]:
        """The keys of a holder, those that do not work any more too."""
        return await self._found(holder_id, before=None, limit=_MOST)

    async def page(self, *, cursor: str | None, limit: int) -> Page[ApiKey]:
        """The keys of everybody in the organisation, a page at a time."""
        found = await self._found(None, before=Cursor.decode(cursor), limit=limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        return Page(items=found[:limit], next_cursor=Cursor(last.created_at, last.id).encode() if last else None)

    async def make(self, holder_id: UUID, data: ApiKeyCreate) -> ApiKeyCreated:
        """Make a key; raises KeyLifetimeInvalid and KeyAddressInvalid."""
        self._require_future(data.expires_at)
        secret = new_key(self._principal.tenant_id)
        row = Row(
            tenant_id=self._principal.tenant_id,
            id=new_id(),
            user_id=holder_id,
            name=data.name.strip(),
            token_hash=digest(secret),
            hint=secret[-_HINT:],
            expires_at=data.expires_at,
            scopes=None if data.scopes is None else sorted(set(data.scopes)),
            addresses=[_network(given) for given in data.addresses],
            created_by=self._principal.user_id,
        )
        self._session.add(row)
        await self._session.flush()
        await record(self._session, self._principal, IdentityAction.API_KEY_CREATED, target=row.id, after=_state(row))
        emit(self._session, ApiKeyCreatedEvent(account_id=holder_id, key_id=row.id))
        made = next(key for key in await self.of(holder_id) if key.id == row.id)
        return ApiKeyCreated(key=made, secret=secret)

    async def revoke(self, key_id: UUID, *, holder_id: UUID | None) -> None:
        """From the next request on it opens nothing; revoking again changes nothing. None: whoever holds it."""
        own = (Row.id == key_id, *(() if holder_id is None else (Row.user_id == holder_id,)))
        row = await self._session.scalar(select(Row).where(*own).with_for_update())
        if row is None:
            raise NotFound
        if row.revoked_at is None:
            row.revoked_at = self._clock.now()
            before = _state(row)
            await record(self._session, self._principal, IdentityAction.API_KEY_REVOKED, target=key_id, before=before)
            emit(self._session, ApiKeyRevoked(account_id=row.user_id, key_id=key_id))

    async def _found(self, holder_id: UUID | None, *, before: Cursor | None, limit: int) -> list[ApiKey]:
        values = {
            "tenant": self._principal.tenant_id,
            "holder": holder_id,
            "before_at": before.created_at if before else None,
            "before_id": before.id if before else None,
            "limit": limit,
        }
        rows = await self._session.execute(text(_KEYS), values)
        return [ApiKey(**row) for row in rows.mappings()]

    def _require_future(self, expires_at: datetime | None) -> None:
        if expires_at is not None and (expires_at.tzinfo is None or expires_at <= self._clock.now()):
            raise KeyLifetimeInvalid(
                "A key ends at a moment to come, with its time zone.", remedy="Choose a later moment, or none."
            )


def _network(given: str) -> str:
    """An address or network in its usual form; raises KeyAddressInvalid."""
    try:
        return str(ip_network(given.strip(), strict=False))
    except ValueError as error:
        raise KeyAddressInvalid(
            f"“{given}” is neither an address nor a network.", remedy="Write it like 203.0.113.7 or 203.0.113.0/24."
        ) from error


def _state(row: Row) -> KeyState:
    return KeyState(
        account_id=row.user_id,
        name=row.name,
        hint=row.hint,
        expires_at=row.expires_at,
        scopes=row.scopes,
        addresses=row.addresses,
    )
