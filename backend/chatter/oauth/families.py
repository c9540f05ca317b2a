"""Families of tokens: a code is redeemed once, a refresh token is used once; whoever does it again ends the family."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.clock import Clock
from chatter.kit.db.database import Database
from chatter.kit.events import emit
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.principal import Principal
from chatter.kit.schema import Schema
from chatter.oauth.access_tokens import LIFETIME, AccessTokens
from chatter.oauth.clients import Client
from chatter.oauth.errors import InvalidGrant, InvalidScope
from chatter.oauth.events import AppConnected, AppDisconnected
from chatter.oauth.models import Family, Grant
from chatter.oauth.permissions import OAuthAction
from chatter.oauth.refresh_tokens import GivenCode, GivenRefreshToken, digest, new_code, next_token
from chatter.oauth.schemas import TokenIssued, TokenRequest
from chatter.oauth.scopes import scope_text

__all__ = ["Families", "end_families_of", "end_family", "new_family"]

_CODE_SECONDS = 60
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_ACTOR = text(
    "select m.role, p.email, p.name from membership m join lateral person_of_bound_tenant(m.person_id) p on true "
    "where m.tenant_id = :tenant and m.user_id = :user and m.suspended_at is null"
)


class FamilyState(Schema):
    """What the audit log keeps of a family."""

    app: str
    scope: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Held:
    """A family that is locked, with its grant and the person who allowed it."""

    family: Family
    grant: Grant
    person: Principal


class Families:
    """Opens its own units of work: what ends a family must hold although the app is refused."""

    def __init__(self, database: Database, clock: Clock, tokens: AccessTokens) -> None:
        self._database = database
        self._clock = clock
        self._tokens = tokens

    async def redeem(self, request: TokenRequest, client: Client) -> TokenIssued:
        """Tokens for an authorization code; raises InvalidGrant. A code that comes again ends what came of it."""
        code = GivenCode.of(request.code)
        if code is None:
            raise InvalidGrant
        async with self._database.unit(code.tenant_id) as session:
            held = await _held(session, client, Family.code_hash == code.code_hash)
            issued = await self._redeemed(session, held, request) if held else None
        return await self._answer(issued, client)

    async def collect(self, tenant_id: UUID, family_id: UUID, client: Client) -> TokenIssued:
        """Tokens for a device that somebody has allowed to act."""
        async with self._database.unit(tenant_id) as session:
            held = await _held(session, client, Family.id == family_id)
            first = held if held and held.family.redeemed_at is None and self._stands(held) else None
            issued = await self._started(session, first) if first else None
        return await self._answer(issued, client)

    async def rotate(self, request: TokenRequest, client: Client) -> TokenIssued:
        """The next tokens for a refresh token; raises InvalidGrant. One that was used before ends its family."""
        given = GivenRefreshToken.of(request.refresh_token)
        if given is None:
            raise InvalidGrant
        async with self._database.unit(given.tenant_id) as session:
            held = await _held(session, client, Family.secret_hash == given.secret_hash)
            issued = await self._rotated(session, held, given, scope=request.scope) if held else None
        return await self._answer(issued, client)

    async def revoke(self, token: str, client: Client) -> None:
        """End the family of a refresh token of this app; whatever else is given changes nothing (RFC 7009)."""
        given = GivenRefreshToken.of(token)
        if given is None:
            return
        async with self._database.unit(given.tenant_id) as session:
            held = await _held(session, client, Family.secret_hash == given.secret_hash)
            if held and self._stands(held):
                await end_family(session, held.person, held.family, held.grant, self._clock, reason="signed_out")

    async def _redeemed(self, session: AsyncSession, held: _Held, request: TokenRequest) -> "_Issued | None":
        family = held.family
        if family.redeemed_at is not None:
            if family.ended_at is None:
                await end_family(session, held.person, family, held.grant, self._clock, reason="replayed")
            return None
        fresh = family.code_expires_at is not None and self._clock.now() < family.code_expires_at
        proven = _proves(request.code_verifier, family.code_challenge or "")
        meant = request.redirect_uri == family.redirect_uri
        if not (fresh and proven and meant and self._stands(held)):
            return None
        return await self._started(session, held)

    async def _started(self, session: AsyncSession, held: _Held) -> "_Issued":
        issued = self._next(held, next_token(held.family.tenant_id), scopes=held.family.scopes)
        held.family.redeemed_at = self._clock.now()
        state = FamilyState(app=held.grant.client_name, scope=scope_text(held.family.scopes))
        await record(session, held.person, OAuthAction.CONNECTED, target=held.family.id, after=state)
        emit(session, AppConnected(family_id=held.family.id))
        return issued

    async def _rotated(
        self, session: AsyncSession, held: _Held, given: GivenRefreshToken, *, scope: str
    ) -> "_Issued | None":
        if not self._stands(held):
            return None
        if not hmac.compare_digest(given.own_hash, held.family.token_hash or b""):
            await end_family(session, held.person, held.family, held.grant, self._clock, reason="reused")
            return None
        scopes = _narrower(scope, held.family.scopes)
        return self._next(held, next_token(given.tenant_id, secret=given.secret), scopes=scopes)

    def _next(self, held: _Held, token: GivenRefreshToken, *, scopes: list[str] | None) -> "_Issued":
        held.family.secret_hash, held.family.token_hash = token.secret_hash, token.own_hash
        held.family.rotated_at = self._clock.now()
        return _Issued(held=held, token=token, scopes=scopes)

    def _stands(self, held: _Held) -> bool:
        return held.family.ended_at is None and self._clock.now() < held.family.expires_at

    async def _answer(self, issued: "_Issued | None", client: Client) -> TokenIssued:
        """What the app gets; signed outside of the transaction."""
        if issued is None:
            raise InvalidGrant
        family = issued.held.family
        token = await self._tokens.made(
            tenant_id=family.tenant_id,
            user_id=issued.held.grant.user_id,
            family_id=family.id,
            client_id=client.id,
            scopes=issued.scopes,
        )
        return TokenIssued(
            access_token=token,
            token_type="Bearer",  # noqa: S106 - the name of a kind
            expires_in=int(LIFETIME.total_seconds()),
            refresh_token=issued.token.text,
            scope=scope_text(issued.scopes),
        )


@dataclass(frozen=True, kw_only=True)
class _Issued:
    """A refresh token that was just stored, and what it belongs to."""

    held: _Held
    token: GivenRefreshToken
    scopes: list[str] | None


def new_family(
    grant: Grant,
    *,
    scopes: list[str] | None,
    clock: Clock,
    days: int,
    redirect_uri: str | None = None,
    challenge: str | None = None,
) -> tuple[Family, str]:
    """A family, and the code that its app redeems within a minute; a device has a code of its own."""
    now, code = clock.now(), new_code(grant.tenant_id)
    on_device = redirect_uri is None
    family = Family(
        tenant_id=grant.tenant_id,
        id=new_id(),
        grant_id=grant.id,
        scopes=scopes,
        code_hash=None if on_device else digest(code),
        code_challenge=challenge,
        redirect_uri=redirect_uri,
        code_expires_at=None if on_device else now + timedelta(seconds=_CODE_SECONDS),
        expires_at=now + timedelta(days=days),
    )
    return family, code


async def end_family(
    session: AsyncSession, by: Principal, family: Family, grant: Grant, clock: Clock, *, reason: str
) -> None:
    """From the next request on, no token of the family opens anything."""
    family.ended_at, family.end_reason = clock.now(), reason
    state = FamilyState(app=grant.client_name, scope=scope_text(family.scopes), reason=reason)
    await record(session, by, OAuthAction.DISCONNECTED, target=family.id, before=state)
    emit(session, AppDisconnected(family_id=family.id, reason=reason))


async def end_families_of(session: AsyncSession, user_id: UUID, clock: Clock) -> None:
    """End what acts for a member in the bound organisation, as their sign-out does."""
    standing = (
        select(Family, Grant)
        .join(Grant, (Grant.tenant_id == Family.tenant_id) & (Grant.id == Family.grant_id))
        .where(Grant.user_id == user_id, Family.ended_at.is_(None))
        .with_for_update(of=Family)
    )
    for family, grant in (await session.execute(standing)).all():
        person = await _person_of(session, grant)
        if person is not None:
            await end_family(session, person, family, grant, clock, reason="signed_out")


async def _held(session: AsyncSession, client: Client, which: ColumnElement[bool]) -> _Held | None:
    """The family, locked, if its grant stands, is for this app, and its person is still a member."""
    family = await session.scalar(select(Family).where(which).with_for_update())
    if family is None:
        return None
    grant = await session.get(Grant, (family.tenant_id, family.grant_id))
    if grant is None or grant.revoked_at is not None or grant.client_key != client.key:
        return None
    person = await _person_of(session, grant)
    return None if person is None else _Held(family=family, grant=grant, person=person)


async def _person_of(session: AsyncSession, grant: Grant) -> Principal | None:
    """Who allowed it, as they act through the app; None unless they are a member."""
    found = (await session.execute(_ACTOR, {"tenant": grant.tenant_id, "user": grant.user_id})).mappings().first()
    if found is None:
        return None
    return Principal(
        tenant_id=TenantId(grant.tenant_id),
        user_id=UserId(grant.user_id),
        session_id=None,
        key_id=grant.id,
        organization_name="",  # nobody is shown it: it acts in this transaction alone
        **found,
    )


def _proves(verifier: str, challenge: str) -> bool:
    """Whether the app is the one that asked: it knows of what the challenge is the hash (RFC 7636, 4.6)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    hashed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return hmac.compare_digest(hashed, challenge)


def _narrower(scope: str, allowed: list[str] | None) -> list[str] | None:
    """What of it the app wants this time (RFC 6749, 6); raises InvalidScope for more than was allowed."""
    wanted = scope.split()
    if not wanted or scope == scope_text(allowed):
        return allowed
    if allowed is not None and not set(wanted) <= set(allowed):
        raise InvalidScope("This was not allowed to the app.")
    return sorted(set(wanted))
