"""Holds a request against the rules of its kind."""

import hashlib
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv6Network, ip_address
from uuid import UUID

from chatter.kit.principal import Principal
from chatter.kit.rate_limits.errors import RateLimited
from chatter.kit.rate_limits.rules import RULES, Kind, Rule, Rules, Subject
from chatter.kit.rate_limits.tally import Tally
from chatter.kit.rate_limits.windows import Taken, Window, Windows
from chatter.kit.settings import Settings

__all__ = ["Asker", "RateLimiter", "Spent"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """Whoever sends a request, as far as that is known."""

    address: str | None = None
    account: str | None = None
    principal: Principal | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """A window that a request was counted in."""

    window: Window
    taken: Taken


class RateLimiter:
    """One a process."""

    def __init__(self, rules: Rules, windows: Windows) -> None:
        self.rules = rules
        self._windows = windows
        self._tally = Tally(windows)

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, *, redis_url: str) -> "AsyncIterator[RateLimiter]":
        """Count until the end, and tell what was counted."""
        windows = Windows(redis_url)
        limiter = cls(Rules(settings), windows)
        limiter._tally.start()
        try:
            yield limiter
        finally:
            await limiter._tally.stop()
            await windows.close()

    @property
    def shared(self) -> bool:
        """Whether the processes count together; each by itself while Valkey is away."""
        return self._windows.shared

    async def spend(self, kind: Kind, asker: Asker) -> list[Spent]:
        """Count a request in each window of its kind and in the general ones.

        Raise RateLimited at the first that is full.
        """
        spent = []
        for rule in _RULES_OF[kind]:
            if (window := self._window(rule, asker)) is None:
                continue
            taken = await (self._tally.spend(window) if rule.often else self._exactly(window))
            spent.append(Spent(window, taken))
            if not taken.allowed:
                raise Refused(spent)
        return spent

    async def used(self, rules: Sequence[Rule], principal: Principal) -> list[int]:
        """How many of each are counted now for this principal, or their organisation."""
        asker = Asker(principal=principal)
        found = [(rule, self._window(rule, asker)) for rule in rules]
        windows = [window for _, window in found if window is not None]
        looked = dict(zip([window.rule.name for window in windows], await self._look(windows), strict=True))
        return [looked.get(rule.name, 0) for rule, _ in found]

    async def _look(self, windows: Sequence[Window]) -> list[int]:
        taken = await self._windows.take([(window, 0) for window in windows])
        return [window.amount - one.remaining for window, one in zip(windows, taken, strict=True)]

    async def _exactly(self, window: Window) -> Taken:
        (taken,) = await self._windows.take([(window, 1)])
        return taken

    def _window(self, rule: Rule, asker: Asker) -> Window | None:
        subject = _subject(rule.subject, asker)
        if subject is None:
            return None
        tenant_id = asker.principal.tenant_id if asker.principal else None
        return Window.of(rule, subject, self.rules.amount(rule, tenant_id))


class Refused(RateLimited):
    """Carries what the answer's headers say of it."""

    def __init__(self, spent: Sequence[Spent]) -> None:
        window, taken = spent[-1].window, spent[-1].taken
        retry_after = max(1, math.ceil(taken.frees_in))
        super().__init__(amount=window.amount, seconds=window.rule.seconds, retry_after=retry_after)
        self.spent = spent


_GENERAL = tuple(rule for rule in RULES if rule.kind is Kind.GENERAL)
_RULES_OF = {kind: tuple(rule for rule in RULES if rule.kind is kind) + _GENERAL for kind in Kind}
_RULES_OF[Kind.GENERAL] = _GENERAL


def _subject(subject: Subject, asker: Asker) -> str | None:
    """What is counted, as a text; None when the request has no such."""
    principal = asker.principal
    if principal is not None:
        return _of_principal(subject, principal)
    if subject is Subject.ADDRESS:
        return _network(asker.address) if asker.address else None
    if asker.account is None:
        return None
    account = hashlib.sha256(asker.account.strip().lower().encode()).hexdigest()[:32]
    if subject is Subject.ACCOUNT:
        return account
    if subject is Subject.ACCOUNT_AT_ADDRESS:
        return f"{account}@{_network(asker.address) if asker.address else ''}"
    return None


def _of_principal(subject: Subject, principal: Principal) -> str | None:
    tenant_id: UUID = principal.tenant_id
    if subject is Subject.PERSON:
        return f"{tenant_id.hex}:{principal.user_id.hex}"
    if subject is Subject.ORGANIZATION:
        return tenant_id.hex
    if subject is Subject.KEY and principal.key_id is not None and principal.kind != "operator":
        return f"{tenant_id.hex}:{principal.key_id.hex}"
    return None


def _network(address: str) -> str:
    parsed = ip_address(address)
    return address if parsed.version == 4 else str(IPv6Network((int(parsed) >> 64 << 64, 64)))
