"""Mail domains: claimed by name, proven by a text record that only the domain's holder can publish."""

import base64
import hashlib
import hmac
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chatter.audit.facade import record
from chatter.kit.clock import Clock
from chatter.kit.crypto import derive
from chatter.kit.db.database import Database
from chatter.kit.dns import TextRecords
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.settings import Settings
from chatter.tenancy.errors import DomainClaimed, DomainTaken, DomainUnproven
from chatter.tenancy.events import DomainAdded, DomainRemoved, DomainUpdated, DomainVerified
from chatter.tenancy.models import MailDomain as Row
from chatter.tenancy.permissions import TenancyAction
from chatter.tenancy.ranks import require_may_give
from chatter.tenancy.schemas import AutoJoinRole, MailDomain, MailDomainCreate, MailDomainUpdate

__all__ = ["Domains"]

_LABEL = "_chatter-challenge"


class Domains:
    """Opens its own units of work: name servers are asked outside of any transaction."""

    def __init__(self, database: Database, settings: Settings, clock: Clock, *, records: TextRecords) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._records = records

    async def all(self, principal: Principal) -> list[MailDomain]:
        async with self._database.unit(principal.tenant_id) as session:
            return [self._shown(row) for row in await session.scalars(select(Row).order_by(Row.name))]

    async def claim(self, principal: Principal, data: MailDomainCreate) -> MailDomain:
        """Name a domain; raises DomainClaimed. Other organisations may name it too, until one has proven it."""
        row = Row(tenant_id=principal.tenant_id, id=new_id(), name=data.name.lower())
        async with self._database.unit(principal.tenant_id) as session:
            session.add(row)
            try:
                await session.flush()
            except IntegrityError as error:
                raise DomainClaimed("This domain is in the list already.", remedy="Verify it there.") from error
            await session.refresh(row)
            after = MailDomainCreate(name=row.name)
            await record(session, principal, TenancyAction.DOMAIN_ADDED, target=row.id, after=after)
            emit(session, DomainAdded(domain_id=row.id))
        return self._shown(row)

    async def verify(self, principal: Principal, domain_id: UUID) -> MailDomain:
        """Look for the record; raises DomainUnproven, DomainTaken, DnsUnanswered."""
        async with self._database.unit(principal.tenant_id) as session:
            row = await session.get(Row, (principal.tenant_id, domain_id))
        if row is None:
            raise NotFound
        wanted = self._shown(row)
        accepted = {_value(key, row) for key in self._settings.secret_keys}
        if accepted.isdisjoint(await self._records.texts(wanted.record_name)):
            raise DomainUnproven(
                f"There is no text record {wanted.record_name} with the value that is expected.",
                remedy="Publish it at your name server. New records can take an hour to be seen.",
            )
        return await self._proven(principal, domain_id)

    async def update(self, principal: Principal, domain_id: UUID, data: MailDomainUpdate) -> MailDomain:
        """Say who joins by themselves; raises DomainUnproven, RoleAboveOwn."""
        if data.auto_join_role is not None:
            require_may_give("narrowed" if principal.scopes is not None else principal.role, data.auto_join_role)
        async with self._database.unit(principal.tenant_id) as session:
            row = await session.get(Row, (principal.tenant_id, domain_id), with_for_update=True)
            if row is None:
                raise NotFound
            if row.verified_at is None:
                raise DomainUnproven("This domain is not verified yet.", remedy="Verify it first.")
            row.auto_join_role = data.auto_join_role
            await record(session, principal, TenancyAction.DOMAIN_UPDATED, target=row.id, after=data)
            emit(session, DomainUpdated(domain_id=row.id))
        return self._shown(row)

    async def remove(self, principal: Principal, domain_id: UUID) -> None:
        async with self._database.unit(principal.tenant_id) as session:
            row = await session.get(Row, (principal.tenant_id, domain_id))
            if row is None:
                raise NotFound
            await session.delete(row)
            before = MailDomainCreate(name=row.name)
            await record(session, principal, TenancyAction.DOMAIN_REMOVED, target=domain_id, before=before)
            emit(session, DomainRemoved(domain_id=domain_id))

    async def _proven(self, principal: Principal, domain_id: UUID) -> MailDomain:
        async with self._database.unit(principal.tenant_id) as session:
            row = await session.scalar(select(Row).where(Row.id == domain_id).with_for_update())
            if row is None:
                raise NotFound
            if row.verified_at is None:
                row.verified_at = self._clock.now()
                try:
                    await session.flush()
                except IntegrityError as error:
                    raise DomainTaken(
                        "Another organisation on this server has verified this domain.",
                        remedy="Remove it there first, or ask the operator of this server.",
                    ) from error
                await record(session, principal, TenancyAction.DOMAIN_VERIFIED, target=row.id)
                emit(session, DomainVerified(domain_id=row.id))
        return self._shown(row)

    def _shown(self, row: Row) -> MailDomain:
        return MailDomain(
            id=row.id,
            name=row.name,
            verified_at=row.verified_at,
            auto_join_role=_auto_join_role(row.auto_join_role),
            record_name=f"{_LABEL}.{row.name}",
            record_value=_value(self._settings.secret_key, row),
            created_at=row.created_at,
        )


def _value(secret_key: str, row: Row) -> str:
    """Differs by organisation: a record that was published for one proves nothing for another."""
    message = row.tenant_id.bytes + row.name.encode()
    mac = hmac.digest(derive(secret_key, purpose="mail-domain"), message, hashlib.sha256)
    return f"chatter-verification={base64.b32encode(mac[:20]).decode().lower()}"


def _auto_join_role(value: str | None) -> AutoJoinRole | None:
    if value is None:
        return None
    return "editor" if value == "editor" else "member" if value == "member" else "viewer"
