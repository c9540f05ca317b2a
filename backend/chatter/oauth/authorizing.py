"""A person answers an app: on the page that it sent them to, or for a device whose code they type."""

from urllib.parse import urlsplit

from chatter.kit.clock import Clock
from chatter.kit.db.database import Database
from chatter.kit.principal import Principal
from chatter.kit.settings import Settings
from chatter.oauth.addresses import Addresses
from chatter.oauth.asking import Asking, Wanted
from chatter.oauth.attempts import Attempts
from chatter.oauth.clients import Client
from chatter.oauth.consent import ConsentTokens, answered
from chatter.oauth.devices import Devices, Waiting
from chatter.oauth.errors import ConsentSpent, DeviceCodeUnknown, OAuthError, TooManyCodes
from chatter.oauth.families import new_family
from chatter.oauth.grants import Grants
from chatter.oauth.schemas import (
    AppRequest,
    Asked,
    AuthorizationAnswer,
    Consent,
    DeviceAnswer,
    DeviceConsent,
)
from chatter.oauth.scopes import only_reads
from chatter.rbac.facade import is_recent, require_recent

__all__ = ["Authorizing", "about"]

_TRIES = 20
_TRIES_SECONDS = 600


class Authorizing:
    """Opens its own units of work: what waits in Redis is told once the grant is committed."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        clock: Clock,
        *,
        asking: Asking,
        consents: ConsentTokens,
        devices: Devices,
        attempts: Attempts,
    ) -> None:
        self._database = database
        self._days = settings.session_days
        self._issuer = Addresses.of(settings).issuer
        self._clock = clock
        self._asking = asking
        self._consents = consents
        self._devices = devices
        self._attempts = attempts

    async def asked(self, principal: Principal, request: AppRequest) -> Asked:
        """What the person is shown; raises AppRequestInvalid when the app can't be answered at all."""
        client = self._asking.answerable(request)
        try:
            wanted = await self._asking.wanted(principal, request, client)
        except OAuthError as error:
            return self._shown(principal, Wanted(client=client, scopes=[]), request, redirect_to=error)
        return self._shown(principal, wanted, request, known=await self._is_known(principal, client))

    async def allow(self, principal: Principal, consent: Consent) -> AuthorizationAnswer:
        """Let the app act, and send it a code; raises ConsentSpent, and RecentProofRequired for what changes things."""
        request = consent.request
        client = self._asking.answerable(request)
        try:
            wanted = await self._asking.wanted(principal, request, client)
        except OAuthError as error:  # the person's role has changed since they were asked
            raise ConsentSpent from error
        self._require_proof(principal, wanted)
        await self._consents.spend(principal, about(request), consent.consent)
        async with self._database.unit(principal.tenant_id) as session:
            grants = Grants(session, principal, self._clock)
            grant = await grants.allow(client, scopes=wanted.scopes, answers_to=_host(request.redirect_uri))
            family, code = new_family(
                grant,
                scopes=wanted.scopes,
                clock=self._clock,
                days=self._days,
                redirect_uri=request.redirect_uri,
                challenge=request.code_challenge,
            )
            session.add(family)
        return AuthorizationAnswer(
            redirect_to=answered(request.redirect_uri, issuer=self._issuer, state=request.state, code=code)
        )

    async def asked_by_device(self, principal: Principal, user_code: str) -> Asked:
        """What the person is shown of the device; raises DeviceCodeUnknown, and TooManyCodes for who guesses."""
        waiting, wanted = await self._waiting(principal, user_code)
        known = await self._is_known(principal, wanted.client)
        return Asked(
            client_name=wanted.client.name,
            trusted=wanted.client.trusted,
            answers_to="",
            scopes=wanted.scopes,
            allowed_before=known,
            organization_name=principal.organization_name,
            consent=self._consents.made(principal, _about_device(waiting)),
            proof_needed=self._needs_proof(principal, wanted),
        )

    async def allow_device(self, principal: Principal, answer: DeviceConsent) -> DeviceAnswer:
        """Let the device act; raises DeviceCodeUnknown, ConsentSpent, and RecentProofRequired as `allow` does."""
        waiting, wanted = await self._waiting(principal, answer.user_code)
        self._require_proof(principal, wanted)
        await self._consents.spend(principal, _about_device(waiting), answer.consent)
        key = await self._devices.decide(waiting)
        async with self._database.unit(principal.tenant_id) as session:
            grants = Grants(session, principal, self._clock)
            grant = await grants.allow(wanted.client, scopes=wanted.scopes, answers_to="")
            family, _ = new_family(grant, scopes=wanted.scopes, clock=self._clock, days=self._days)
            session.add(family)
        await self._devices.allow(key, tenant_id=principal.tenant_id, family_id=family.id)
        return DeviceAnswer(client_name=wanted.client.name)

    async def refuse_device(self, principal: Principal, answer: DeviceConsent) -> DeviceAnswer:
        """Say no to the device."""
        waiting, wanted = await self._waiting(principal, answer.user_code)
        await self._consents.spend(principal, _about_device(waiting), answer.consent)
        key = await self._devices.decide(waiting)
        async with self._database.unit(principal.tenant_id) as session:
            await Grants(session, principal, self._clock).note_refusal(wanted.client)
        await self._devices.refuse(key)
        return DeviceAnswer(client_name=wanted.client.name)

    async def _waiting(self, principal: Principal, user_code: str) -> tuple[Waiting, Wanted]:
        if not await self._attempts.left("code", str(principal.user_id), most=_TRIES, seconds=_TRIES_SECONDS):
            raise TooManyCodes("Too many codes were tried.", remedy="Wait ten minutes.", retry_after=_TRIES_SECONDS)
        waiting = await self._devices.waiting(user_code)
        try:
            client = self._asking.client(waiting.client_id)
            return waiting, await self._asking.allowed(principal, client, scope=waiting.scope)
        except OAuthError as error:  # the device asks for what this person could not allow
            raise DeviceCodeUnknown from error

    async def _is_known(self, principal: Principal, client: Client) -> bool:
        async with self._database.unit(principal.tenant_id) as session:
            return await Grants(session, principal, self._clock).standing(client) is not None

    def _shown(
        self,
        principal: Principal,
        wanted: Wanted,
        request: AppRequest,
        *,
        known: bool = False,
        redirect_to: OAuthError | None = None,
    ) -> Asked:
        client = wanted.client
        return Asked(
            client_name=client.name,
            trusted=client.trusted,
            answers_to=_host(request.redirect_uri),
            scopes=wanted.scopes,
            allowed_before=known,
            organization_name=principal.organization_name,
            consent="" if redirect_to else self._consents.made(principal, about(request)),
            redirect_to=self._refused(request, redirect_to.code, redirect_to.detail) if redirect_to else None,
            refusal=self._refused(request, "access_denied", "The person said no."),
            proof_needed=self._needs_proof(principal, wanted),
        )

    def _needs_proof(self, principal: Principal, wanted: Wanted) -> bool:
        return not only_reads(wanted.scopes) and not is_recent(principal, now=self._clock.now())

    def _require_proof(self, principal: Principal, wanted: Wanted) -> None:
        """An app that may change things is let in by who has proven within the last minutes that it is them."""
        if not only_reads(wanted.scopes):
            require_recent(principal, now=self._clock.now())

    def _refused(self, request: AppRequest, error: str, description: str) -> str:
        said = {"error": error, "error_description": description}
        return answered(request.redirect_uri, issuer=self._issuer, state=request.state, **said)


def about(request: AppRequest) -> str:
    """All that a consent is about, as one text."""
    asked = (request.client_id, request.redirect_uri, request.scope, request.state, request.code_challenge)
    return "\n".join((*asked, request.code_challenge_method, request.response_type, request.resource))


def _about_device(waiting: Waiting) -> str:
    return "\n".join(("device", waiting.user_code, waiting.client_id, waiting.scope))


def _host(address: str) -> str:
    """Where an answer goes, as a person may know it."""
    parts = urlsplit(address)
    return parts.hostname or f"{parts.scheme}:"
