"""The way from the provider's answer to a person's claims, step by step: the same for a sign-in and for a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from yarl import URL

from chatter.kit.errors import ChatterError
from chatter.kit.services import Services
from chatter.sso.addresses import SsoAddresses
from chatter.sso.attempts import Begun
from chatter.sso.discovery import Discovery, Metadata, Target
from chatter.sso.errors import IdTokenInvalid, ProviderRefused
from chatter.sso.exchange import Client, Exchange, Tokens
from chatter.sso.models import IdentityProvider
from chatter.sso.schemas import SsoTestStep, StepName
from chatter.sso.tokens import Expected, IdToken, TokenReader

__all__ = ["Answer", "Claims", "Configured", "Steps", "Walk"]


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """A provider as it is set up, its secret still sealed: what outlives the unit of work that read it."""

    tenant_id: UUID
    provider_id: UUID
    issuer: str
    client_id: str
    secret_sealed: bytes | None
    scopes: list[str]
    signing_algorithm: str
    email_claim: str
    verified_claim: str
    name_claim: str
    groups_claim: str

    @classmethod
    def of(cls, row: IdentityProvider) -> "Configured":
        return cls(
            tenant_id=row.tenant_id,
            provider_id=row.id,
            issuer=row.issuer,
            client_id=row.client_id,
            secret_sealed=row.client_secret_sealed,
            scopes=[*row.scopes],
            signing_algorithm=row.signing_algorithm,
            email_claim=row.email_claim,
            verified_claim=row.verified_claim,
            name_claim=row.name_claim,
            groups_claim=row.groups_claim,
        )

    @property
    def target(self) -> Target:
        return Target(tenant_id=self.tenant_id, provider_id=self.provider_id, issuer=self.issuer)

    def expected(self, *, now: datetime) -> Expected:
        return Expected(target=self.target, client_id=self.client_id, algorithm=self.signing_algorithm, now=now)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters with which the provider sends the browser back (RFC 6749, 4.1.2; RFC 9207, 2)."""

    state: str
    code: str | None = None
    error: str | None = None
    error_description: str | None = None
    iss: str | None = None


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider says of a person."""

    subject: str
    sid: str | None
    id_token: str
    email: str | None
    """In lower case."""
    email_verified: bool
    """That the provider says so, with nothing but `true`."""
    name: str | None
    groups: list[str] | None
    """None: it says nothing about groups."""
    all: dict[str, Any]


@dataclass
class Steps:
    """What a test shows of the way."""

    done: list[SsoTestStep] = field(default_factory=list)

    @contextmanager
    def step(self, name: StepName, detail: str) -> Iterator[None]:
        try:
            yield
        except ChatterError as error:
            self.done.append(
                SsoTestStep(name=name, passed=False, detail=error.detail, code=error.code, remedy=error.remedy)
            )
            raise
        self.done.append(SsoTestStep(name=name, passed=True, detail=detail))


class Walk:
    """Goes the way for one provider. No transaction is open meanwhile."""

    def __init__(self, services: Services, provider: Configured, *, steps: Steps | None = None) -> None:
        self._services = services
        self._provider = provider
        self._discovery = services.part(Discovery)
        self._steps = steps or Steps()
        self._addresses = SsoAddresses(
            services.settings, tenant_id=provider.tenant_id, provider_id=provider.provider_id
        )

    async def outset(self, *, fresh: bool = False) -> Metadata:
        """Find out where the provider's endpoints and keys are; raises ProviderFailed, EgressRefused."""
        target = self._provider.target
        with self._steps.step("discovery", f"The provider calls itself {target.issuer}, as it should."):
            metadata = await self._discovery.metadata(target, fresh=fresh)
        if fresh:
            with self._steps.step("keys", f"The provider publishes its keys at {metadata.jwks_uri}."):
                await self._discovery.keys(target, fresh=True)
        return metadata

    def address(self, metadata: Metadata, begun: Begun, *, hint: str | None) -> str:
        """Where the browser goes now (OpenID Connect Core 1.0, 3.1.2.1)."""
        query = {
            "response_type": "code",
            "client_id": self._provider.client_id,
            "redirect_uri": self._addresses.redirect_uri,
            "scope": " ".join(self._provider.scopes),
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": begun.challenge,
            "code_challenge_method": "S256",
        }
        return str(URL(metadata.authorization_endpoint).update_query(query | ({"login_hint": hint} if hint else {})))

    async def claims(self, answer: Answer, begun: Begun, *, begun_at: datetime) -> Claims:
        """Raise ProviderRefused, ProviderFailed, IdTokenInvalid, EgressRefused."""
        metadata = await self._discovery.metadata(self._provider.target)
        with self._steps.step("redirect", "The provider has sent the browser back with a code."):
            code = self._code(answer, metadata)
        exchange = Exchange(self._services.http, metadata, self._client())
        with self._steps.step("tokens", "The code was redeemed for an ID token."):
            tokens = await exchange.tokens(code, verifier=begun.verifier)
        with self._steps.step("id_token", "Signature, issuer, audience, times and nonce of the ID token hold."):
            token = await self._id_token(tokens, begun, begun_at=begun_at)
        with self._steps.step("userinfo", "The provider's userinfo, if it has any, is about the same person."):
            more = await exchange.userinfo(tokens.access_token, subject=token.subject)
        return self._said(token, more, raw=tokens.id_token)

    def _code(self, answer: Answer, metadata: Metadata) -> str:
        if answer.iss is None and metadata.authorization_response_iss_parameter_supported:
            raise IdTokenInvalid("The provider's answer does not name its issuer, though it says that it does.")
        if answer.iss is not None and answer.iss != self._provider.issuer:
            raise IdTokenInvalid("The answer is that of another provider.")
        if answer.error is not None or answer.code is None:
            said = " ".join(part[:200] for part in (answer.error, answer.error_description) if part)
            raise ProviderRefused(
                f"The identity provider did not sign you in{': ' if said else ''}{said}.",
                remedy="Try again, or ask whoever runs the provider.",
            )
        return answer.code

    async def _id_token(self, tokens: Tokens, begun: Begun, *, begun_at: datetime) -> IdToken:
        return await TokenReader(self._discovery).id_token(
            tokens.id_token,
            self._provider.expected(now=self._services.clock.now()),
            nonce=begun.nonce,
            access_token=tokens.access_token,
            begun_at=begun_at,
        )

    def _client(self) -> Client:
        sealed, provider = self._provider.secret_sealed, self._provider
        secret = self._services.secrets.open(sealed, tenant_id=provider.tenant_id) if sealed else None
        return Client(client_id=provider.client_id, secret=secret, redirect_uri=self._addresses.redirect_uri)

    def _said(self, token: IdToken, more: dict[str, Any], *, raw: str) -> Claims:
        """The ID token first; address and verification come from the same of both, never one from each."""
        provider = self._provider
        source = token.claims if provider.email_claim in token.claims else more
        email = source.get(provider.email_claim)
        every = more | token.claims
        name, groups = every.get(provider.name_claim), every.get(provider.groups_claim)
        return Claims(
            subject=token.subject,
            sid=token.sid,
            id_token=raw,
            email=email.strip().lower() if isinstance(email, str) and _is_address(email) else None,
            email_verified=source.get(provider.verified_claim) is True,
            name=name.strip()[:100] if isinstance(name, str) and name.strip() and "\0" not in name else None,
            groups=[group for group in groups if isinstance(group, str)] if isinstance(groups, list) else None,
            all=every,
        )


def _is_address(text: str) -> bool:
    local, _, domain = text.strip().rpartition("@")
    return bool(local and domain) and len(text) <= 254 and "@" not in local and text.strip().isprintable()
