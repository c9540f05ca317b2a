"""Identity providers: the rules. Nothing here calls out; see trials for that."""

from collections.abc import Sequence
from typing import get_args
from uuid import UUID

from msgspec import UNSET, UnsetType
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.rbac.facade import Authorizer
from chatter.sso.addresses import SsoAddresses
from chatter.sso.discovery import checked_issuer
from chatter.sso.endings import end_sessions
from chatter.sso.enforcement import Enforcement
from chatter.sso.errors import (
    DomainUnverified,
    IdentityProviderInvalid,
    IdentityProviderNameTaken,
    ProviderUntested,
)
from chatter.sso.events import IdentityProviderCreated, IdentityProviderDeleted, IdentityProviderUpdated
from chatter.sso.models import IdentityProvider as Row
from chatter.sso.models import IdentityProviderDomain, IdentityProviderMapping, SsoSession
from chatter.sso.permissions import SsoAction
from chatter.sso.repository import SsoRepository
from chatter.sso.schemas import (
    DefaultRole,
    GroupMapping,
    IdentityProvider,
    IdentityProviderCreate,
    IdentityProviderList,
    IdentityProviderRecord,
    IdentityProviderUpdate,
    SigningAlgorithm,
)
from chatter.tenancy.facade import Provisioning

__all__ = ["IdentityProviders"]

_HINT = 4
_SHORTEST_HINTED = 12
_PLAIN = (
    *("name", "client_id", "signing_algorithm", "email_claim", "verified_claim", "name_claim", "groups_claim"),
    *("just_in_time", "default_role"),
)
_TESTED = ("issuer", "client_id", "signing_algorithm", "scopes", "email_claim", "verified_claim")
"""What a test has tried: a change of it takes the test's word back."""


class IdentityProviders:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer, services: Services) -> None:
        self._session = session
        self._principal = principal
        self._authorizer = authorizer
        self._services = services
        self._rows = SsoRepository(session)
        self._enforcement = Enforcement(session, principal)

    async def all(self) -> IdentityProviderList:
        return IdentityProviderList(items=await self._shown(await self._rows.providers()))

    async def one(self, provider_id: UUID) -> IdentityProvider:
        return (await self._shown([await self._rows.provider(provider_id)]))[0]

    async def create(self, data: IdentityProviderCreate) -> IdentityProvider:
        """Add a provider, switched off; raises IdentityProviderInvalid, DomainUnverified, EgressRefused."""
        row = Row(
            tenant_id=self._principal.tenant_id,
            id=new_id(),
            issuer=self._issuer(data.issuer),
            scopes=_scopes(data.scopes),
            **{name: getattr(data, name) for name in _PLAIN},
        )
        self._keep_secret(row, data.client_secret)
        self._session.add(row)
        await self._store()
        await self._choose_domains(row, data.domains)
        await self._map_groups(row, data.mappings)
        shown = await self.one(row.id)
        await record(self._session, self._principal, SsoAction.PROVIDER_CREATED, target=row.id, after=_record(shown))
        emit(self._session, IdentityProviderCreated(identity_provider_id=row.id))
        return shown

    async def update(self, provider_id: UUID, data: IdentityProviderUpdate) -> IdentityProvider:
        """Change what is given; what is switched off ends its sessions. Raises ProviderUntested before a test."""
        row = await self._rows.provider(provider_id, lock=True)
        before = await self.one(provider_id)
        self._change(row, data)
        if any(getattr(row, name) != getattr(before, name) for name in _TESTED):
            row.tested_at, row.enabled = None, False
        if data.enabled is not UNSET:
            self._switch(row, on=data.enabled)
        await self._store()
        if before.enabled and not row.enabled:
            await end_sessions(self._session, SsoSession.provider_id == provider_id)
        await self._enforcement.require_provider()
        if data.domains is not UNSET:
            await self._choose_domains(row, data.domains)
        if data.mappings is not UNSET:
            await self._map_groups(row, data.mappings)
        shown = await self.one(provider_id)
        told = _record(before), _record(shown)
        action = SsoAction.PROVIDER_UPDATED
        await record(self._session, self._principal, action, target=row.id, before=told[0], after=told[1])
        emit(self._session, IdentityProviderUpdated(identity_provider_id=row.id))
        return shown

    async def delete(self, provider_id: UUID) -> None:
        """Remove a provider, what it knows of people, and the sessions that it vouched for; they stay members."""
        before = await self.one(provider_id)
        await end_sessions(self._session, SsoSession.provider_id == provider_id)
        await self._session.delete(await self._rows.provider(provider_id, lock=True))
        await self._session.flush()
        await self._enforcement.require_provider()
        action = SsoAction.PROVIDER_DELETED
        await record(self._session, self._principal, action, target=provider_id, before=_record(before))
        emit(self._session, IdentityProviderDeleted(identity_provider_id=provider_id))

    def _change(self, row: Row, data: IdentityProviderUpdate) -> None:
        for name in _PLAIN:
            value = getattr(data, name)
            if value is not UNSET:
                setattr(row, name, value)
        if data.scopes is not UNSET:
            row.scopes = _scopes(data.scopes)
        if data.issuer is not UNSET:
            self._move(row, self._issuer(data.issuer), secret=data.client_secret)
        if data.client_secret is not UNSET:
            self._keep_secret(row, data.client_secret)

    def _move(self, row: Row, issuer: str, *, secret: str | UnsetType | None) -> None:
        if issuer != row.issuer and row.client_secret_sealed is not None and secret is UNSET:
            raise IdentityProviderInvalid(
                "A new issuer does not take the stored secret along.", remedy="Enter the secret again, or remove it."
            )
        row.issuer = issuer

    def _issuer(self, issuer: str) -> str:
        self._services.http.policy.check_url(checked_issuer(issuer))
        return issuer

    def _switch(self, row: Row, *, on: bool) -> None:
        if on and row.tested_at is None:
            raise ProviderUntested(
                "No test sign-in has succeeded with these settings.", remedy="Run the test, and enable it then."
            )
        row.enabled = on

    def _keep_secret(self, row: Row, secret: str | None) -> None:
        row.client_secret_sealed = self._services.secrets.seal(secret, tenant_id=row.tenant_id) if secret else None
        row.client_secret_hint = secret[-_HINT:] if secret and len(secret) >= _SHORTEST_HINTED else None

    async def _store(self) -> None:
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise IdentityProviderNameTaken(
                "There is a provider of this name already.", remedy="Choose another name."
            ) from error

    async def _choose_domains(self, row: Row, names: Sequence[str]) -> None:
        """Lead people of these domains to the provider; raises DomainUnverified. A domain leads to one at most."""
        verified = await Provisioning(self._session).verified_domains()
        wanted = {name.strip().lower() for name in names}
        if unknown := sorted(wanted - verified.keys()):
            raise DomainUnverified(
                f"The organisation has not verified {', '.join(unknown)}.", remedy="Verify it under Domains first."
            )
        taken = (IdentityProviderDomain.provider_id == row.id) | IdentityProviderDomain.domain_id.in_(
            [verified[name] for name in wanted]
        )
        await self._session.execute(delete(IdentityProviderDomain).where(taken))
        for name in sorted(wanted):
            self._session.add(
                IdentityProviderDomain(tenant_id=row.tenant_id, domain_id=verified[name], provider_id=row.id)
            )
        await self._session.flush()

    async def _map_groups(self, row: Row, mappings: Sequence[GroupMapping]) -> None:
        """Raise NotFound for a role or team that is not there, PermissionNotHeld for a role beyond one's own."""
        own = IdentityProviderMapping.provider_id == row.id
        await self._session.execute(delete(IdentityProviderMapping).where(own))
        for position, mapping in enumerate(mappings):
            if mapping.role is None and mapping.team_id is None:
                raise IdentityProviderInvalid(
                    f"The group {mapping.group} gives nothing.", remedy="Choose a role, a team, or both."
                )
            if mapping.role is not None:
                await self._authorizer.require_assignable(self._principal, mapping.role)
            self._session.add(
                IdentityProviderMapping(
                    tenant_id=row.tenant_id,
                    id=new_id(),
                    provider_id=row.id,
                    position=position,
                    group_name=mapping.group.strip(),
                    role=mapping.role,
                    team_id=mapping.team_id,
                )
            )
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise NotFound from error

    async def _shown(self, rows: Sequence[Row]) -> list[IdentityProvider]:
        names = {domain_id: name for name, domain_id in (await Provisioning(self._session).verified_domains()).items()}
        domains, mappings = await self._rows.domains(), await self._rows.mappings()
        return [
            self._one_shown(
                row,
                domains=sorted(names[d.domain_id] for d in domains if d.provider_id == row.id and d.domain_id in names),
                mappings=[
                    GroupMapping(group=m.group_name, role=m.role, team_id=m.team_id)
                    for m in mappings
                    if m.provider_id == row.id
                ],
            )
            for row in rows
        ]

    def _one_shown(self, row: Row, *, domains: list[str], mappings: list[GroupMapping]) -> IdentityProvider:
        addresses = SsoAddresses(self._services.settings, tenant_id=row.tenant_id, provider_id=row.id)
        return IdentityProvider(
            id=row.id,
            name=row.name,
            issuer=row.issuer,
            client_id=row.client_id,
            has_client_secret=row.client_secret_sealed is not None,
            client_secret_hint=row.client_secret_hint,
            scopes=row.scopes,
            signing_algorithm=_as_algorithm(row.signing_algorithm),
            email_claim=row.email_claim,
            verified_claim=row.verified_claim,
            name_claim=row.name_claim,
            groups_claim=row.groups_claim,
            domains=domains,
            mappings=mappings,
            just_in_time=row.just_in_time,
            default_role=_as_default_role(row.default_role),
            enabled=row.enabled,
            tested_at=row.tested_at,
            redirect_uri=addresses.redirect_uri,
            backchannel_logout_uri=addresses.backchannel_logout_uri,
            post_logout_redirect_uri=addresses.post_logout_redirect_uri,
            sign_in_url=addresses.sign_in_url,
            created_at=row.created_at,
        )


def _as_algorithm(value: str) -> SigningAlgorithm:
    """The algorithm of a row; the table's check allows no other."""
    if value not in get_args(SigningAlgorithm):
        raise ValueError(value)
    return value  # type: ignore[return-value]  # checked above


def _as_default_role(value: str) -> DefaultRole:
    return "editor" if value == "editor" else "member" if value == "member" else "viewer"


def _scopes(given: Sequence[str]) -> list[str]:
    """`openid` first, whatever was typed: without it there is no ID token."""
    return list(dict.fromkeys(["openid", *given]))


def _record(shown: IdentityProvider) -> IdentityProviderRecord:
    return IdentityProviderRecord(**{name: getattr(shown, name) for name in IdentityProviderRecord.__struct_fields__})
