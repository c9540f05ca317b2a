"""Signing in, and one's own profile."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from msgspec import structs
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.challenges import Challenges
from chatter.identity.enrolled import enrolled
from chatter.identity.errors import EmailTaken, SignInRefused
from chatter.identity.events import PasswordChanged, ProfileUpdated, SignedIn, SignedOut
from chatter.identity.factor_schemas import SecondFactorAsked
from chatter.identity.mailboxes import join_by_domain
from chatter.identity.methods import SignInMethod
from chatter.identity.password_rules import require_hard_to_guess
from chatter.identity.passwords import hash_password, is_outdated, verify_password
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import (
    PasswordChange,
    Profile,
    ProfileUpdate,
    SessionStarted,
    Setup,
    SignIn,
)
from chatter.identity.sessions import NewSession, end_session, organizations_of, start_session
from chatter.identity.webauthn_proofs import as_base64url
from chatter.kit.clock import Clock
from chatter.kit.db.database import Database
from chatter.kit.events import emit
from chatter.kit.identifiers import TenantId, UserId
from chatter.kit.principal import Principal
from chatter.kit.settings import Settings
from chatter.tenancy.facade import SupportVisits

__all__ = ["IdentityService", "Known"]

_TAKEN = "Somebody here uses this address already."

_CREATE_USER = text("select user_create(:id, :email, :name, :password_hash)")
_UPDATE_USER = text("select user_update(:id, :name, :password_hash)")


@dataclass(frozen=True, kw_only=True)
class Known:
    """A person by whom an address is used."""

    id: UUID
    name: str
    password_hash: str | None


class IdentityService:
    """Opens its own units of work: passwords are hashed outside of any transaction."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self.database = database
        self.settings = settings
        self.clock = clock

    async def setup(self) -> Setup:
        first = bool(await self.database.hot.fetchval("select first_person()"))
        return Setup(first_person=first, sign_up_open=first or self.settings.sign_up_open)

    async def admitted(self, profile: Profile, *, user_agent: str, browser: str) -> SessionStarted | SecondFactorAsked:
        """Start a session of somebody whose password was right, unless they have a second factor: then ask for it."""
        asked = await self._asked(profile, browser=browser)
        return asked or await self.started(profile, user_agent=user_agent, methods=(SignInMethod.PASSWORD,))

    async def started(
        self, profile: Profile, *, user_agent: str, methods: Iterable[SignInMethod], bound_to: UUID | None = None
    ) -> SessionStarted:
        """Start a session of somebody who has just proven, in these ways, to be this person.

        `bound_to` is the organisation that says so; the session opens it alone. None: it opens all of the person's.
        """
        started = await self._start(profile.id, user_agent=user_agent, methods=methods, bound_to=bound_to)
        return await self._answer(started, profile, bound_to=bound_to)

    async def sign_in(self, data: SignIn, *, user_agent: str, browser: str) -> SessionStarted | SecondFactorAsked:
        """Raise SignInRefused, with one text for every reason."""
        known = await self.known(data.email.strip())
        if not await verify_password(data.password, known.password_hash if known else None) or known is None:
            raise SignInRefused("The address and the password do not fit together.", remedy="Check both and try again.")
        await self._renew_hash(known, data.password)
        profile = Profile(id=known.id, email=data.email.strip().lower(), name=known.name)
        asked = await self._asked(profile, browser=browser)
        return asked or await self.let_in(profile, user_agent=user_agent, methods=(SignInMethod.PASSWORD,))

    async def let_in(self, profile: Profile, *, user_agent: str, methods: Iterable[SignInMethod]) -> SessionStarted:
        """Sign somebody in who has shown all that is asked; raises SignInRefused when no organisation has them."""
        await join_by_domain(self.database, user_id=profile.id, email=profile.email)
        started = await self._start(profile.id, user_agent=user_agent, methods=methods)
        answer = await self._answer(started, profile)
        if not answer.organizations:
            await end_session(self.database, started.id)
            raise SignInRefused(
                "You do not belong to an organisation any more.", remedy="Ask an administrator to invite you."
            )
        await self._note_sign_in(answer, started)
        return answer

    async def sign_out(self, principal: Principal) -> None:
        """End the session, and with it an operator's visit."""
        async with self.database.unit(principal.tenant_id) as session:
            if principal.kind == "operator":
                await SupportVisits(session, self.clock).leave(principal)
            else:
                await session.execute(text("select session_end(:id)"), {"id": principal.session_id})
            await record(session, principal, IdentityAction.SIGNED_OUT, target=principal.user_id)
            emit(session, SignedOut(user_id=principal.user_id))

    async def update_profile(self, principal: Principal, data: ProfileUpdate) -> Profile:
        async with self.database.unit(principal.tenant_id) as session:
            name = data.name.strip()
            await session.execute(_UPDATE_USER, {"id": principal.user_id, "name": name, "password_hash": None})
            before = ProfileUpdate(name=principal.name)
            await record(
                session, principal, IdentityAction.PROFILE_UPDATED, target=principal.user_id, before=before, after=data
            )
            emit(session, ProfileUpdated(user_id=principal.user_id))
        return Profile(id=principal.user_id, email=principal.email, name=name)

    async def change_password(self, principal: Principal, data: PasswordChange) -> None:
        """Raise SignInRefused when the present one is wrong, PasswordGuessable for the new one; other sessions end."""
        stored = await self.database.hot.fetchval("select user_password_hash($1)", principal.user_id)
        if not await verify_password(data.current, stored):
            raise SignInRefused("The present password is not right.", remedy="Type your present password again.")
        about = (principal.name, principal.email.partition("@")[0], principal.organization_name)
        require_hard_to_guess(data.new, about=about)
        password_hash = await hash_password(data.new)
        async with self.database.unit(principal.tenant_id) as session:
            await session.execute(_UPDATE_USER, {"id": principal.user_id, "name": None, "password_hash": password_hash})
            await session.execute(
                text("select sessions_end_others(:id, :keep)"), {"id": principal.user_id, "keep": principal.session_id}
            )
            await record(session, principal, IdentityAction.PASSWORD_CHANGED, target=principal.user_id)
            emit(session, PasswordChanged(user_id=principal.user_id))

    async def known(self, email: str) -> Known | None:
        """Whoever has this address, in whatever case."""
        row = await self.database.hot.fetchrow("select * from user_by_email($1)", email)
        return Known(id=row["id"], name=row["name"], password_hash=row["password_hash"]) if row else None

    async def create_user(
        self, session: AsyncSession, *, user_id: UUID, email: str, name: str, password_hash: str | None
    ) -> None:
        """Raise EmailTaken."""
        values = {"id": user_id, "email": email, "name": name, "password_hash": password_hash}
        try:
            await session.execute(_CREATE_USER, values)
        except IntegrityError as error:
            raise EmailTaken(_TAKEN, remedy="Sign in with it, or use another address.") from error

    async def _renew_hash(self, known: Known, password: str) -> None:
        """Spend today's effort on a password that was hashed with less."""
        if known.password_hash and is_outdated(known.password_hash):
            password_hash = await hash_password(password)
            await self.database.hot.execute("select user_update($1, null, $2)", known.id, password_hash)

    async def _asked(self, profile: Profile, *, browser: str) -> SecondFactorAsked | None:
        """The question for a second factor; None for a person who has none."""
        there = await enrolled(self.database, profile.id)
        if not there.any:
            return None
        issued = await Challenges(self.database, self.clock).issue(
            "second_factor", browser=browser, user_id=profile.id, methods=(SignInMethod.PASSWORD,)
        )
        return SecondFactorAsked(
            challenge=as_base64url(issued.token), expires_at=issued.expires_at, methods=there.methods
        )

    async def _start(
        self, user_id: UUID, *, user_agent: str, methods: Iterable[SignInMethod], bound_to: UUID | None = None
    ) -> NewSession:
        of = self.database, self.clock, self.settings
        return await start_session(*of, user_id=user_id, user_agent=user_agent, methods=methods, bound_to=bound_to)

    async def _answer(self, started: NewSession, profile: Profile, *, bound_to: UUID | None = None) -> SessionStarted:
        own = await organizations_of(self.database, profile.id)
        return SessionStarted(
            token=started.token,
            expires_at=started.expires_at,
            user=profile,
            organizations=[one for one in own if bound_to in (None, one.id)],
        )

    async def _note_sign_in(self, answer: SessionStarted, started: NewSession) -> None:
        """The audit row goes to each organisation of the person: each of them let somebody in."""
        actor = Principal(
            tenant_id=TenantId(answer.organizations[0].id),
            user_id=UserId(answer.user.id),
            session_id=started.id,
            role=answer.organizations[0].role,
            email=answer.user.email,
            name=answer.user.name,
            organization_name=answer.organizations[0].name,
        )
        for organization in answer.organizations:
            async with self.database.unit(organization.id) as session:
                principal = structs.replace(actor, tenant_id=TenantId(organization.id), role=organization.role)
                await record(session, principal, IdentityAction.SIGNED_IN, target=actor.user_id)
                emit(session, SignedIn(user_id=actor.user_id))
