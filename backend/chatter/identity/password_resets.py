"""A new password by mail, for whoever reads the mails of the address. Nothing tells whether anybody has an address."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.errors import ResetInvalid
from chatter.identity.events import PasswordReset
from chatter.identity.mail_links import PASSWORD_RESET, link_id
from chatter.identity.password_rules import require_hard_to_guess
from chatter.identity.passwords import hash_password
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import OrganizationChoice, PasswordResetRequest, PasswordResetting
from chatter.identity.sessions import organizations_of
from chatter.kit.clock import Clock
from chatter.kit.db.database import Database
from chatter.kit.events import emit
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.principal import Principal
from chatter.kit.settings import Settings

__all__ = ["PasswordResets"]

VALID_FOR = timedelta(hours=1)
_RESET = text("select password_reset(:link, :password_hash)")


class PasswordResets:
    """Opens its own units of work: nobody is signed in."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock

    async def request(self, data: PasswordResetRequest) -> None:
        """Have a link sent to whoever has the address. One statement, and no word of whether it found anybody."""
        await self._database.hot.execute(
            "select mail_link_request($1, $2, $3, $4)",
            *(new_id(), PASSWORD_RESET, data.email.strip(), self._clock.now() + VALID_FOR),
        )

    async def reset(self, data: PasswordResetting) -> None:
        """Set the password and end every session; raises ResetInvalid, PasswordGuessable (which spares the link)."""
        link = link_id(self._settings.secret_keys, purpose=PASSWORD_RESET, token=data.token)
        opened = "select * from mail_link_opened($1, $2)"
        row = await self._database.hot.fetchrow(opened, link, PASSWORD_RESET) if link else None
        if link is None or row is None:
            raise ResetInvalid
        own = await organizations_of(self._database, row["user_id"])
        about = (row["name"], row["email"].partition("@")[0], *(one.name for one in own))
        require_hard_to_guess(data.password, about=about)
        password_hash = await hash_password(data.password)
        people = [_person(one, user_id=row["user_id"], email=row["email"], name=row["name"]) for one in own]
        await self._set(link, password_hash, noted_by=people)

    async def _set(self, link: UUID, password_hash: str, *, noted_by: list[Principal]) -> None:
        """The audit row goes to each organisation of the person, the first with the change itself."""
        if not noted_by:
            await self._database.hot.execute("select password_reset($1, $2)", link, password_hash)
            return
        first, *others = noted_by
        async with self._database.unit(first.tenant_id) as session:
            if await session.scalar(_RESET, {"link": link, "password_hash": password_hash}) is None:
                raise ResetInvalid
            await _note(session, first)
        for person in others:
            async with self._database.unit(person.tenant_id) as session:
                await _note(session, person)


async def _note(session: AsyncSession, person: Principal) -> None:
    await record(session, person, IdentityAction.PASSWORD_RESET, target=person.user_id)
    emit(session, PasswordReset(user_id=person.user_id))


def _person(organization: OrganizationChoice, *, user_id: UUID, email: str, name: str) -> Principal:
    """The person as the audit log of one of their organisations knows them; there is no session."""
    return Principal(
        tenant_id=TenantId(organization.id),
        user_id=UserId(user_id),
        session_id=UUID(int=0),
        role=organization.role,
        email=email,
        name=name,
        organization_name=organization.name,
    )
