"""Grants: a person lets an app act for them in one organisation, sees which apps may, and takes it back."""

from uuid import UUID

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.clock import Clock
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.schema import Schema
from chatter.oauth.clients import CLI, Client
from chatter.oauth.events import DeviceRefused, GrantCreated, GrantRevoked
from chatter.oauth.models import Grant
from chatter.oauth.permissions import OAuthAction
from chatter.oauth.schemas import App, MemberApp
from chatter.oauth.scopes import scope_text

__all__ = ["Grants"]

_APPS = """
select g.id, g.client_key, g.client_name as name, g.scopes, g.created_at, max(f.rotated_at) as last_used_at,
    count(f.id) filter (where f.redeemed_at is not null and f.ended_at is null and f.expires_at > now()) as connections
from oauth_grant g left join oauth_family f on f.tenant_id = g.tenant_id and f.grant_id = g.id
where g.tenant_id = :tenant and g.user_id = :person and g.revoked_at is null
group by g.tenant_id, g.id order by g.created_at desc, g.id desc
"""


_OF_MEMBERS = """
with people as materialized (select user_id, name from members_of_bound_tenant())
select g.id, g.client_key, g.client_name as name, g.scopes, g.created_at, max(f.rotated_at) as last_used_at,
    count(f.id) filter (where f.redeemed_at is not null and f.ended_at is null and f.expires_at > now()) as connections,
    g.user_id, p.name as user_name
from oauth_grant g
join people p on p.user_id = g.user_id
left join oauth_family f on f.tenant_id = g.tenant_id and f.grant_id = g.id
where g.tenant_id = :tenant and g.revoked_at is null
group by g.tenant_id, g.id, p.name order by g.created_at desc, g.id desc limit :limit
"""
_MOST = 1_000


class GrantState(Schema):
    """What the audit log keeps of a grant."""

    app: str
    scope: str
    answers_to: str


class Grants:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(self, session: AsyncSession, principal: Principal, clock: Clock) -> None:
        self._session = session
        self._principal = principal
        self._clock = clock

    async def all(self) -> list[App]:
        """The apps that the principal has allowed to act."""
        values = {"tenant": self._principal.tenant_id, "person": self._principal.user_id}
        rows = await self._session.execute(text(_APPS), values)
        return [
            App(trusted=row["client_key"] == CLI.key, **{key: row[key] for key in row if key != "client_key"})
            for row in rows.mappings()
        ]

    async def of_members(self) -> list[MemberApp]:
        """What anybody in the organisation has allowed to act."""
        rows = await self._session.execute(text(_OF_MEMBERS), {"tenant": self._principal.tenant_id, "limit": _MOST})
        return [
            MemberApp(trusted=row["client_key"] == CLI.key, **{key: row[key] for key in row if key != "client_key"})
            for row in rows.mappings()
        ]

    async def standing(self, client: Client) -> Grant | None:
        """What the principal allowed this app before."""
        return await self._session.scalar(select(Grant).where(*self._of(client)).with_for_update())

    async def allow(self, client: Client, *, scopes: list[str] | None, answers_to: str) -> Grant:
        """Let the app act: what is allowed is added to what stands, so that the list says the most of any place."""
        grant = await self.standing(client)
        if grant is None:
            grant = Grant(
                tenant_id=self._principal.tenant_id,
                id=new_id(),
                user_id=self._principal.user_id,
                client_key=client.key,
                client_name=client.name,
            )
            grant.scopes = scopes
            self._session.add(grant)
        elif grant.scopes is None or scopes is None:
            grant.scopes = None
        else:
            grant.scopes = sorted({*grant.scopes, *scopes})
        await self._session.flush()
        state = GrantState(app=client.name, scope=scope_text(scopes), answers_to=answers_to)
        await record(self._session, self._principal, OAuthAction.GRANTED, target=grant.id, after=state)
        emit(self._session, GrantCreated(grant_id=grant.id))
        return grant

    async def revoke(self, grant_id: UUID) -> None:
        """From the next request on, no token of the app opens anything; raises NotFound for another's."""
        await self._revoke(Grant.id == grant_id, Grant.user_id == self._principal.user_id)

    async def revoke_any(self, grant_id: UUID) -> None:
        """The same, whoever has allowed it."""
        await self._revoke(Grant.id == grant_id)

    async def _revoke(self, *which: ColumnElement[bool]) -> None:
        grant = await self._session.scalar(select(Grant).where(*which).with_for_update())
        if grant is None:
            raise NotFound
        if grant.revoked_at is None:
            grant.revoked_at = self._clock.now()
            state = GrantState(app=grant.client_name, scope=scope_text(grant.scopes), answers_to="")
            await record(self._session, self._principal, OAuthAction.REVOKED, target=grant.id, before=state)
            emit(self._session, GrantRevoked(grant_id=grant.id))

    async def note_refusal(self, client: Client) -> None:
        """Note that the principal said no to a device."""
        state = GrantState(app=client.name, scope="", answers_to="")
        await record(self._session, self._principal, OAuthAction.DEVICE_REFUSED, target=None, after=state)
        emit(self._session, DeviceRefused(user_id=self._principal.user_id))

    def _of(self, client: Client) -> tuple[ColumnElement[bool], ...]:
        own = Grant.user_id == self._principal.user_id
        return own, Grant.client_key == client.key, Grant.revoked_at.is_(None)
