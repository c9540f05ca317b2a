"""Access tokens: JWTs as RFC 9068 has them, good for ten minutes and only while their grant stands."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, extract_compact

from chatter.identity.facade import require_holder
from chatter.kit.clock import Clock
from chatter.kit.db.database import Database
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.principal import Principal
from chatter.oauth.scopes import ALL, scope_text
from chatter.oauth.signing_keys import SigningKeys

__all__ = ["LIFETIME", "AccessTokens", "Claims"]

LIFETIME = timedelta(minutes=10)
_TYPE = "at+jwt"
_ALGORITHM = "ES256"
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_LONGEST = 20_000
_SKEW_SECONDS = 60
"""How far the clocks of two processes may be apart: a token is made at one and shown to the other."""


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says."""

    iss: str
    aud: str
    sub: UUID
    client_id: str
    scope: str
    jti: UUID
    iat: int
    exp: int
    org: UUID
    """The organisation that the grant is bound to."""
    sid: UUID
    """The family that the token came of."""


class AccessTokens:
    """Makes tokens, and tells for whom one acts: its signature is checked here, its grant in one statement."""

    def __init__(self, database: Database, keys: SigningKeys, clock: Clock, *, issuer: str, audience: str) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._issuer = issuer
        self._audience = audience

    async def made(
        self, *, tenant_id: UUID, user_id: UUID, family_id: UUID, client_id: str, scopes: Iterable[str] | None
    ) -> str:
        """A token for one family, at most as wide as it."""
        now = self._clock.now()
        claims = Claims(
            iss=self._issuer,
            aud=self._audience,
            sub=user_id,
            client_id=client_id,
            scope=scope_text(scopes),
            jti=new_id(),
            iat=_seconds(now),
            exp=_seconds(now + LIFETIME),
            org=tenant_id,
            sid=family_id,
        )
        key = await self._keys.current()
        header = {"alg": _ALGORITHM, "typ": _TYPE, "kid": key.kid}
        return jwt.encode(header, msgspec.to_builtins(claims), key, algorithms=[_ALGORITHM])

    def reads(self, token: str) -> bool:
        """Whether a text has the shape of a token."""
        return len(token) < _LONGEST and _SHAPE.fullmatch(token) is not None

    async def principal(self, token: str, *, tenant_id: UUID | None) -> Principal | None:
        """Whom a token acts for, unless another organisation was named; None for one that is not good (any more).

        Raise HolderSsoRequired and HolderFactorRequired while that person could not come in themselves.
        """
        claims = await self._claims(token)
        if claims is None or tenant_id not in (None, claims.org):
            return None
        row = await self._database.hot.fetchrow("select * from principal_by_family($1, $2)", claims.org, claims.sid)
        if row is None or row["user_id"] != claims.sub:
            return None
        require_holder(row["lacks"], organization_name=row["organization_name"])
        return Principal(
            tenant_id=TenantId(claims.org),
            user_id=UserId(claims.sub),
            session_id=None,
            role=row["role"],
            email=row["email"],
            name=row["name"],
            organization_name=row["organization_name"],
            key_id=row["grant_id"],
            scopes=_narrowed(claims.scope.split(), row["scopes"]),
            organization_state=row["organization_state"],
        )

    async def _claims(self, token: str) -> Claims | None:
        """What a token says, when all of it is as we make it."""
        try:
            header = extract_compact(token.encode()).headers()
            key = await self._keys.of(str(header.get("kid", "")))
            if key is None or header.get("typ") != _TYPE or header.get("alg") != _ALGORITHM:
                return None
            read = jwt.decode(token, key, algorithms=[_ALGORITHM], registry=JWSRegistry(algorithms=[_ALGORITHM]))
            claims = msgspec.convert(read.claims, Claims)
        except (JoseError, ValueError, msgspec.ValidationError):
            return None
        now = _seconds(self._clock.now())
        ours = (claims.iss, claims.aud) == (self._issuer, self._audience)
        return claims if ours and claims.iat <= now + _SKEW_SECONDS and now < claims.exp else None


def _narrowed(said: list[str], allowed: list[str] | None) -> frozenset[str] | None:
    """What both the token and its family allow."""
    if ALL in said:
        return None if allowed is None else frozenset(allowed)
    return frozenset(said) if allowed is None else frozenset(said) & frozenset(allowed)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
