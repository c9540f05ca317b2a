"""The second step of a sign-in, and the one step of a passkey. No session exists before all has been shown."""

from typing import Literal
from uuid import UUID

from chatter.audit.facade import record
from chatter.identity.challenges import VALID_FOR, Attempt, Challenges
from chatter.identity.confirming import Confirming
from chatter.identity.factor_errors import (
    ChallengeOver,
    PasskeyRefused,
    PasskeysUnavailable,
    SecondFactorRefused,
    TooManyAttempts,
)
from chatter.identity.factor_events import SecondFactorRefusedEvent
from chatter.identity.factor_notices import SEND_FACTOR_NOTICE, FactorNotice, Occasion
from chatter.identity.factor_schemas import PasskeyOptions, PasskeySignIn, SecondFactorGiven
from chatter.identity.methods import SignInMethod
from chatter.identity.permissions import IdentityAction
from chatter.identity.recovery_codes import code_hash
from chatter.identity.schemas import Confirmed, OrganizationChoice, Profile, SessionStarted
from chatter.identity.service import IdentityService
from chatter.identity.sessions import organizations_of
from chatter.identity.totp import step_of
from chatter.identity.webauthn_proofs import RelyingParty, as_base64url, as_bytes, challenge_of, shown_credential
from chatter.kit.crypto import SecretBox
from chatter.kit.events import emit
from chatter.kit.identifiers import TenantId, UserId
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal

__all__ = ["SecondStep"]


class SecondStep:
    """Opens its own units of work: nobody is signed in yet."""

    def __init__(
        self, identity: IdentityService, secrets: SecretBox, *, jobs: JobQueue, party: RelyingParty | None
    ) -> None:
        self._identity = identity
        self._secrets = secrets
        self._jobs = jobs
        self._party = party
        self._challenges = Challenges(identity.database, identity.clock)

    async def answer(self, data: SecondFactorGiven, *, browser: str, user_agent: str) -> SessionStarted:
        """Let the person in; raises ChallengeOver, SecondFactorRefused, TooManyAttempts."""
        token = _token(data.challenge)
        attempt = await self._challenges.attempt(token, browser=browser)
        if attempt is None:
            raise ChallengeOver
        if attempt.too_many:
            raise TooManyAttempts
        method = await self._shown(attempt, data.code)
        if method is None:
            if attempt.left == 0:
                await self._note_refusal(_person(attempt), "code")
            raise SecondFactorRefused("This code does not count.", remedy=_remedy(attempt.left))
        if not await self._challenges.take("second_factor", token=token, browser=browser, user_id=attempt.user_id):
            raise ChallengeOver
        methods = [*(SignInMethod(shown) for shown in attempt.methods), method]
        return await self._identity.let_in(_person(attempt), methods=methods, user_agent=user_agent)

    async def passkey_options(self, *, browser: str) -> PasskeyOptions:
        """Ask for any passkey of this site; raises PasskeysUnavailable."""
        if self._party is None:
            raise PasskeysUnavailable
        issued = await self._challenges.issue("passkey_sign_in", browser=browser)
        milliseconds = int(VALID_FOR.total_seconds() * 1000)
        return PasskeyOptions(challenge=as_base64url(issued.token), rp_id=self._party.id, timeout=milliseconds)

    async def sign_in_with_passkey(self, data: PasskeySignIn, *, browser: str, user_agent: str) -> SessionStarted:
        """Let in whoever the passkey names; raises PasskeyRefused, with one text for every reason."""
        person = await self._proven(data, browser=browser)
        return await self._identity.let_in(person, methods=[SignInMethod.PASSKEY], user_agent=user_agent)

    async def confirm_with_passkey(self, principal: Principal, data: PasskeySignIn, *, browser: str) -> Confirmed:
        """Note that the principal has just shown a passkey of theirs; raises PasskeyRefused, for another's too."""
        person = await self._proven(data, browser=browser)
        if person.id != principal.user_id:
            raise PasskeyRefused
        return await Confirming(self._identity.database).note(principal, SignInMethod.PASSKEY)

    async def _proven(self, data: PasskeySignIn, *, browser: str) -> Profile:
        """Whom the passkey names. The challenge is used up first, whatever comes of the rest."""
        given = data.credential
        challenge = challenge_of(given.response.client_data_json)
        if self._party is None or challenge is None:
            raise PasskeyRefused
        if not await self._challenges.take("passkey_sign_in", token=challenge, browser=browser, user_id=None):
            raise PasskeyRefused
        row = await self._identity.database.hot.fetchrow(
            "select * from passkey_by_credential($1)", _token(given.raw_id)
        )
        if row is None:
            raise PasskeyRefused
        shown = shown_credential(
            given, challenge=challenge, party=self._party, public_key=row["public_key"], user_id=row["user_id"]
        )
        if shown is None:
            raise PasskeyRefused
        person = Profile(id=row["user_id"], email=row["email"], name=row["name"])
        used = "select passkey_used($1, $2, $3)"
        if not await self._identity.database.hot.fetchval(used, row["id"], shown.sign_count, shown.backed_up):
            await self._note_refusal(person, "passkey")
            raise PasskeyRefused
        return person

    async def _shown(self, attempt: Attempt, code: str) -> SignInMethod | None:
        """What this code is: of the app, each once; or a recovery code, which is used up by it."""
        database, user_id = self._identity.database, attempt.user_id
        row = await database.hot.fetchrow("select * from totp_of($1)", user_id)
        if row is not None:
            secret = self._secrets.open(row["secret_sealed"], tenant_id=user_id)
            step = step_of(secret, code, at=self._identity.clock.now())
            if step is not None:
                fresh = await database.hot.fetchval("select totp_accept($1, $2)", user_id, step)
                return SignInMethod.TOTP if fresh else None
        used = "select recovery_code_use($1, $2)"
        if await database.hot.fetchval(used, user_id, code_hash(code, user_id=user_id)):
            return SignInMethod.RECOVERY_CODE
        return None

    async def _note_refusal(self, person: Profile, kind: Literal["code", "passkey"]) -> None:
        """Tell each organisation of the person, and the person: somebody has half of what it takes."""
        action = IdentityAction.SECOND_FACTOR_REFUSED if kind == "code" else IdentityAction.PASSKEY_REFUSED
        occasion: Occasion = "codes_refused" if kind == "code" else "passkey_refused"
        database, notice = self._identity.database, FactorNotice(email=person.email, occasion=occasion)
        for number, organization in enumerate(await organizations_of(database, person.id)):
            async with database.unit(organization.id) as session:
                actor = _actor(person, organization)
                await record(session, actor, action, target=person.id)
                emit(session, SecondFactorRefusedEvent(user_id=person.id, kind=kind))
                if number == 0:
                    await self._jobs.enqueue(session, SEND_FACTOR_NOTICE, notice, subject=person.id)


def _person(attempt: Attempt) -> Profile:
    return Profile(id=attempt.user_id, email=attempt.email, name=attempt.name)


def _actor(person: Profile, organization: OrganizationChoice) -> Principal:
    """The person as the audit log knows them; there is no session."""
    return Principal(
        tenant_id=TenantId(organization.id),
        user_id=UserId(person.id),
        session_id=UUID(int=0),
        role=organization.role,
        email=person.email,
        name=person.name,
        organization_name=organization.name,
    )


def _remedy(left: int) -> str:
    if left == 0:
        return "Sign in with your password again."
    return "Type the code that the app shows now, or a recovery code that you have not used."


def _token(text: str) -> bytes:
    """The bytes of what we gave out; what is no Base64url was never given out."""
    try:
        return as_bytes(text)
    except ValueError:
        return b""
