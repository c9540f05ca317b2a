"""The tokens of directories: made, shown once, revoked; and how far a directory has come."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.clock import Clock
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.schema import Schema
from chatter.rbac.facade import Authorizer
from chatter.scim.errors import ScimLifetimeInvalid
from chatter.scim.events import ScimTokenCreated as ScimTokenCreatedEvent
from chatter.scim.events import ScimTokenRevoked
from chatter.scim.models import ScimToken as Row
from chatter.scim.permissions import HANDED_ON, ScimAction
from chatter.scim.schemas import ScimRequest, ScimSetup, ScimToken, ScimTokenCreate, ScimTokenCreated
from chatter.scim.secrets import digest, new_token
from chatter.tenancy.facade import Provisioning
from chatter.tenancy.schemas import Role

__all__ = ["ScimTokens"]

_HINT = 4
_SHOWN = 100
_TOKENS = """
select k.id, k.name, k.hint, k.role, k.default_role, k.created_by, coalesce(b.name, '') as created_by_name,
    k.created_at, k.expires_at, k.revoked_at, k.last_used_at,
    case when k.revoked_at is not null then 'revoked' when k.expires_at <= now() then 'expired' else 'active' end
    as state
from scim_token k left join members_of_bound_tenant() b on b.user_id = k.created_by
where k.tenant_id = :tenant order by k.created_at desc, k.id desc
"""
_REQUESTS = """
select q.id, q.scim_token_id as token_id, k.name as token_name, q.at, q.method, q.path, q.status, q.detail
from scim_request q join scim_token k on k.tenant_id = q.tenant_id and k.id = q.scim_token_id
where q.tenant_id = :tenant order by q.id desc limit :shown
"""
_COUNTS = """
select count(*) as users, count(m.user_id) filter (where m.suspended_at is null) as members,
    (select count(*) from scim_group g where g.tenant_id = :tenant) as groups
from scim_user s left join membership m on m.tenant_id = s.tenant_id and m.user_id = s.person_id
where s.tenant_id = :tenant
"""


class TokenState(Schema):
    """What the audit log keeps of a token."""

    name: str
    hint: str
    default_role: Role
    expires_at: datetime | None


class ScimTokens:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(
        self, session: AsyncSession, principal: Principal, authorizer: Authorizer, clock: Clock, *, base_url: str
    ) -> None:
        self._session = session
        self._principal = principal
        self._authorizer = authorizer
        self._clock = clock
        self._base_url = base_url

    async def setup(self) -> ScimSetup:
        counts = await self._session.execute(text(_COUNTS), {"tenant": self._principal.tenant_id})
        domains = sorted(await Provisioning(self._session).verified_domains())
        return ScimSetup(base_url=self._base_url, verified_domains=domains, **counts.mappings().one())

    async def all(self) -> list[ScimToken]:
        """Those that do not work any more too."""
        rows = await self._session.execute(text(_TOKENS), {"tenant": self._principal.tenant_id})
        return [ScimToken(**row) for row in rows.mappings()]

    async def create(self, data: ScimTokenCreate) -> ScimTokenCreated:
        """Make a token; raises ScimLifetimeInvalid, and PermissionNotHeld for what its maker may not do or give."""
        await self._authorizer.require_held(self._principal, HANDED_ON)
        await self._authorizer.require_assignable(self._principal, data.default_role)
        self._require_future(data.expires_at)
        secret = new_token(self._principal.tenant_id)
        row = Row(
            tenant_id=self._principal.tenant_id,
            id=new_id(),
            name=data.name.strip(),
            token_hash=digest(secret),
            hint=secret[-_HINT:],
            role=self._principal.role,
            default_role=data.default_role,
            created_by=self._principal.user_id,
            expires_at=data.expires_at,
        )
        self._session.add(row)
        await self._session.flush()
        await record(self._session, self._principal, ScimAction.TOKEN_CREATED, target=row.id, after=_state(row))
        emit(self._session, ScimTokenCreatedEvent(token_id=row.id))
        made = next(token for token in await self.all() if token.id == row.id)
        return ScimTokenCreated(token=made, secret=secret)

    async def revoke(self, token_id: UUID) -> None:
        """From the next request on it opens nothing; revoking again changes nothing."""
        row = await self._session.scalar(select(Row).where(Row.id == token_id).with_for_update())
        if row is None:
            raise NotFound
        if row.revoked_at is None:
            row.revoked_at = self._clock.now()
            before = _state(row)
            await record(self._session, self._principal, ScimAction.TOKEN_REVOKED, target=token_id, before=before)
            emit(self._session, ScimTokenRevoked(token_id=token_id))

    async def requests(self) -> list[ScimRequest]:
        """What was asked for last, with any token."""
        values = {"tenant": self._principal.tenant_id, "shown": _SHOWN}
        rows = await self._session.execute(text(_REQUESTS), values)
        return [ScimRequest(**row) for row in rows.mappings()]

    def _require_future(self, expires_at: datetime | None) -> None:
        if expires_at is not None and (expires_at.tzinfo is None or expires_at <= self._clock.now()):
            raise ScimLifetimeInvalid(
                "A token ends at a moment to come, with its time zone.", remedy="Choose a later moment, or none."
            )


def _state(row: Row) -> TokenState:
    return TokenState(name=row.name, hint=row.hint, default_role=row.default_role, expires_at=row.expires_at)
