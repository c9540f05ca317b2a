"""The keys of a service account: made, shown once, revoked."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.errors import KeyLifetimeInvalid
from chatter.identity.events import ApiKeyCreated as ApiKeyCreatedEvent
from chatter.identity.events import ApiKeyRevoked
from chatter.identity.keys import digest, new_key
from chatter.identity.models import ApiKey as Row
from chatter.identity.models import ServiceAccount
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import ApiKey, ApiKeyCreate, ApiKeyCreated
from chatter.kit.clock import Clock
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.schema import Schema
from chatter.rbac.facade import Authorizer
from chatter.tenancy.facade import ServiceMemberships

__all__ = ["ApiKeys"]

_HINT = 4
_KEYS = """
select k.id, k.name, k.hint, k.created_by, coalesce(b.name, '') as created_by_name, k.created_at, k.expires_at,
    k.revoked_at, k.last_used_at,
    case when k.revoked_at is not null then 'revoked' when k.expires_at <= now() then 'expired' else 'active' end
    as state
from api_key k left join members_of_bound_tenant() b on b.user_id = k.created_by
where k.tenant_id = :tenant and k.user_id = :account order by k.created_at desc, k.id desc
"""


class KeyState(Schema):
    """What the audit log keeps of a key."""

    account_id: UUID
    name: str
    hint: str
    expires_at: datetime | None


class ApiKeys:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer, clock: Clock) -> None:
        self._session = session
        self._principal = principal
        self._memberships = ServiceMemberships(session, principal, authorizer)
        self._clock = clock

    async def of(self, account_id: UUID) -> list[ApiKey]:
        """The keys of an account, those that do not work any more too."""
        if await self._session.get(ServiceAccount, (self._principal.tenant_id, account_id)) is None:
            raise NotFound
        values = {"tenant": self._principal.tenant_id, "account": account_id}
        rows = await self._session.execute(text(_KEYS), values)
        return [ApiKey(**row) for row in rows.mappings()]

    async def create(self, account_id: UUID, data: ApiKeyCreate) -> ApiKeyCreated:
        """Make a key; raises KeyLifetimeInvalid, and PermissionNotHeld when the account may do more than its maker."""
        await self._memberships.require_not_above(account_id)
        self._require_future(data.expires_at)
        secret = new_key(self._principal.tenant_id)
        row = Row(
            tenant_id=self._principal.tenant_id,
            id=new_id(),
            user_id=account_id,
            name=data.name.strip(),
            token_hash=digest(secret),
            hint=secret[-_HINT:],
            expires_at=data.expires_at,
            created_by=self._principal.user_id,
        )
        self._session.add(row)
        await self._session.flush()
        await record(self._session, self._principal, IdentityAction.API_KEY_CREATED, target=row.id, after=_state(row))
        emit(self._session, ApiKeyCreatedEvent(account_id=account_id, key_id=row.id))
        made = next(key for key in await self.of(account_id) if key.id == row.id)
        return ApiKeyCreated(key=made, secret=secret)

    async def revoke(self, account_id: UUID, key_id: UUID) -> None:
        """From the next request on it opens nothing; revoking again changes nothing."""
        own = (Row.id == key_id, Row.user_id == account_id)
        row = await self._session.scalar(select(Row).where(*own).with_for_update())
        if row is None:
            raise NotFound
        if row.revoked_at is None:
            row.revoked_at = self._clock.now()
            before = _state(row)
            await record(self._session, self._principal, IdentityAction.API_KEY_REVOKED, target=key_id, before=before)
            emit(self._session, ApiKeyRevoked(account_id=account_id, key_id=key_id))

    def _require_future(self, expires_at: datetime | None) -> None:
        if expires_at is not None and (expires_at.tzinfo is None or expires_at <= self._clock.now()):
            raise KeyLifetimeInvalid(
                "A key ends at a moment to come, with its time zone.", remedy="Choose a later moment, or none."
            )


def _state(row: Row) -> KeyState:
    return KeyState(account_id=row.user_id, name=row.name, hint=row.hint, expires_at=row.expires_at)
