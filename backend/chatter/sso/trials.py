"""Trying a provider before anybody depends on it: each step, and the claims that came. A test signs nobody in."""

from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec

from chatter.audit.facade import record
from chatter.kit.errors import ChatterError, NotFound
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.sso.addresses import SsoAddresses
from chatter.sso.attempts import Attempts, Returned
from chatter.sso.events import IdentityProviderTested
from chatter.sso.models import SsoAttempt
from chatter.sso.permissions import SsoAction
from chatter.sso.repository import SsoRepository
from chatter.sso.schemas import Claim, SsoTest, SsoTestStart, SsoTestStep
from chatter.sso.vouching import vouched_address
from chatter.sso.walk import Answer, Claims, Configured, Steps, Walk

__all__ = ["Trials"]

_MASKED = frozenset({"nonce", "at_hash", "c_hash", "s_hash", "sid", "jti"})
_LONGEST = 300


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A test, as its attempt keeps it."""

    finished: bool
    steps: list[SsoTestStep]
    claims: list[Claim] = []


class Trials:
    """Opens its own units of work: the provider is asked outside of any transaction."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def start(self, principal: Principal, provider_id: UUID) -> SsoTestStart:
        """Ask for the provider's discovery document and keys, and prepare a test sign-in of the principal."""
        async with self._services.database.unit(principal.tenant_id) as session:
            provider = Configured.of(await SsoRepository(session).provider(provider_id))
        steps = Steps()
        with suppress(ChatterError):  # the steps tell of it
            await Walk(self._services, provider, steps=steps).outset(fresh=True)
        passed = all(step.passed for step in steps.done)
        report = Report(finished=not passed, steps=steps.done)
        async with self._services.database.unit(principal.tenant_id) as session:
            attempts = Attempts(session, self._services.clock)
            encoded = msgspec.json.encode(report).decode()
            attempt_id = attempts.announce_test(provider_id, started_by=principal.user_id, report=encoded)
            await record(session, principal, SsoAction.PROVIDER_TESTED, target=provider_id)
            emit(session, IdentityProviderTested(identity_provider_id=provider_id, passed=passed))
        path = SsoAddresses(self._services.settings, tenant_id=principal.tenant_id, provider_id=provider_id).path
        url = f"{path}/start?sso_attempt_id={attempt_id}" if passed else None
        return SsoTestStart(test=_shown(attempt_id, report), url=url)

    async def finish(self, provider: Configured, answer: Answer, returned: Returned) -> SsoTest:
        """Go the whole way and keep what was seen; a test that passes lets the provider be enabled."""
        before = msgspec.json.decode(returned.row.report or "{}", type=Report)
        steps, claims = Steps([*before.steps]), None
        walk = Walk(self._services, provider, steps=steps)
        with suppress(ChatterError):  # the steps tell of it
            claims = await walk.claims(answer, returned.begun, begun_at=returned.row.created_at)
            await self._judge(provider, claims, steps)
        report = Report(finished=True, steps=steps.done, claims=_listed(claims.all) if claims else [])
        await self._keep(provider, returned, report)
        return _shown(returned.row.id, report)

    async def result(self, principal: Principal, provider_id: UUID, attempt_id: UUID) -> SsoTest:
        """What a test has seen so far; raises NotFound."""
        async with self._services.database.unit(principal.tenant_id) as session:
            row = await session.get(SsoAttempt, (principal.tenant_id, attempt_id))
        if row is None or row.provider_id != provider_id or row.report is None:
            raise NotFound
        return _shown(attempt_id, msgspec.json.decode(row.report, type=Report))

    async def _judge(self, provider: Configured, claims: Claims, steps: Steps) -> None:
        """Whether the address would count, without letting anybody in."""
        groups = "nothing about groups" if claims.groups is None else f"{len(claims.groups)} groups"
        detail = f"{claims.email} is verified, and its domain is yours. The provider says {groups}."
        async with self._services.database.unit(provider.tenant_id) as session:
            row = await SsoRepository(session).provider(provider.provider_id)
            with steps.step("person", detail):
                await vouched_address(session, row, claims)

    async def _keep(self, provider: Configured, returned: Returned, report: Report) -> None:
        passed = all(step.passed for step in report.steps)
        async with self._services.database.unit(provider.tenant_id) as session:
            row = await SsoRepository(session).provider(provider.provider_id, lock=True)
            attempt = await session.get_one(SsoAttempt, (provider.tenant_id, returned.row.id))
            attempt.report = msgspec.json.encode(report).decode()
            if passed and Configured.of(row) == provider:
                row.tested_at = self._services.clock.now()
            emit(session, IdentityProviderTested(identity_provider_id=provider.provider_id, passed=passed))


def _shown(attempt_id: UUID, report: Report) -> SsoTest:
    passed = report.finished and all(step.passed for step in report.steps)
    return SsoTest(id=attempt_id, passed=passed, finished=report.finished, steps=report.steps, claims=report.claims)


def _listed(claims: dict[str, Any]) -> list[Claim]:
    return [
        Claim(name=name[:100], value="[hidden]" if name in _MASKED else _text(value))
        for name, value in sorted(claims.items())[:100]
    ]


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()[:_LONGEST]
