"""What a provider says of itself, and its keys: fetched under the egress policy, kept for a while by each process."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet
from yarl import URL

from chatter.kit.http import HttpSessions
from chatter.sso.errors import IdentityProviderInvalid, ProviderFailed

__all__ = ["Discovery", "Metadata", "Target", "checked_issuer", "read_json"]

log = structlog.get_logger()

_KEPT_SECONDS = 600.0
_REFETCH_SECONDS = 10.0
_MOST_KEPT = 512
_MOST_BYTES = 256 * 1024
_SECONDS = aiohttp.ClientTimeout(total=10, sock_connect=5)
_CONFIGURATION = ".well-known/openid-configuration"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Which provider of which organisation is asked; what is kept for one is never used for another."""

    tenant_id: UUID
    provider_id: UUID
    issuer: str


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a discovery document that is used (OpenID Connect Discovery 1.0, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False
    code_challenge_methods_supported: list[str] | None = None


@dataclass
class _Known:
    """What is known of one provider."""

    metadata: Metadata
    metadata_at: float
    keys: KeySet | None = None
    keys_at: float = 0.0
    refetched_at: float = field(default=float("-inf"))


class Discovery:
    """The providers that this process has met, by organisation and provider."""

    def __init__(self, http: HttpSessions) -> None:
        self._http = http
        self._known: OrderedDict[Target, _Known] = OrderedDict()

    async def metadata(self, target: Target, *, fresh: bool = False) -> Metadata:
        """Raise ProviderFailed, EgressRefused."""
        found = self._known.get(target)
        if found is not None and not fresh and _now() - found.metadata_at < _KEPT_SECONDS:
            return found.metadata
        metadata = await self._discover(target.issuer)
        self._keep(target, _Known(metadata=metadata, metadata_at=_now()))
        return metadata

    async def keys(self, target: Target, *, fresh: bool = False) -> KeySet:
        """The keys that the provider signs with; raises ProviderFailed, EgressRefused."""
        metadata = await self.metadata(target)
        known = self._known[target]
        if known.keys is None or fresh or _now() - known.keys_at >= _KEPT_SECONDS:
            known.keys, known.keys_at = await self._fetch_keys(metadata.jwks_uri), _now()
        return known.keys

    async def key(self, target: Target, *, kid: str | None, fits: type[Key]) -> Key | None:
        """The one key of this kind and id. An unknown id has the keys fetched once more, not once a request."""
        found = _chosen(await self.keys(target), kid=kid, fits=fits)
        known = self._known[target]
        if found is None and _now() - known.refetched_at >= _REFETCH_SECONDS:
            known.refetched_at = _now()
            found = _chosen(await self.keys(target, fresh=True), kid=kid, fits=fits)
        return found

    async def _discover(self, issuer: str) -> Metadata:
        url = checked_issuer(issuer)
        document = await self._get(url.with_path(f"{url.path.rstrip('/')}/{_CONFIGURATION}", encoded=True))
        try:
            metadata = msgspec.convert(document, Metadata)
        except msgspec.ValidationError as error:
            raise ProviderFailed(f"The provider's discovery document can't be read: {error}.") from error
        if metadata.issuer != issuer:
            raise ProviderFailed(
                f"The discovery document is that of another issuer: {metadata.issuer[:300]}.",
                remedy="Write the issuer exactly as the provider does, a slash at its end included.",
            )
        for address in (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri):
            self._check(address)
        for optional in (metadata.userinfo_endpoint, metadata.end_session_endpoint):
            if optional is not None:
                self._check(optional)
        return metadata

    async def _fetch_keys(self, address: str) -> KeySet:
        document = await self._get(URL(address))
        listed = document.get("keys")
        if not isinstance(listed, list):
            raise ProviderFailed("The provider's keys can't be read.")
        keys = [key for entry in listed[:100] if (key := _imported(entry)) is not None]
        if not keys:
            raise ProviderFailed("The provider lists no key that could sign.")
        return KeySet(keys)

    async def _get(self, url: URL) -> dict[str, Any]:
        try:
            async with self._http.public.get(url, allow_redirects=False, timeout=_SECONDS) as answer:
                return await read_json(answer, what=url.path)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ProviderFailed(
                f"The provider could not be reached at {url.host}: {type(error).__name__}.",
                remedy="Check the issuer, and whether the provider answers.",
            ) from error

    def _check(self, address: str) -> None:
        """Also what only the browser is sent to: it is an address of the internet, or the operator's own."""
        try:
            url = _https(URL(address))
        except ValueError as error:
            raise ProviderFailed("The provider's discovery document names an address that is none.") from error
        except IdentityProviderInvalid as error:
            raise ProviderFailed(f"The provider's discovery document names {address[:300]}: {error.detail}") from error
        self._http.policy.check_url(url)

    def _keep(self, target: Target, known: _Known) -> None:
        former = self._known.pop(target, None)
        if former is not None and former.metadata.jwks_uri == known.metadata.jwks_uri:
            known.keys, known.keys_at, known.refetched_at = former.keys, former.keys_at, former.refetched_at
        self._known[target] = known
        if len(self._known) > _MOST_KEPT:
            self._known.popitem(last=False)


async def read_json(answer: aiohttp.ClientResponse, *, what: str) -> dict[str, Any]:
    """The object in a 200; raises ProviderFailed for anything else, and for more bytes than a provider needs."""
    body = bytearray()
    async for part in answer.content.iter_chunked(16 * 1024):
        body += part
        if len(body) > _MOST_BYTES:
            raise ProviderFailed(f"The provider's answer at {what} is too large.")
    if answer.status != 200:
        raise ProviderFailed(f"The provider answered {answer.status} at {what}.")
    try:
        document = msgspec.json.decode(bytes(body))
    except msgspec.DecodeError as error:
        raise ProviderFailed(f"The provider's answer at {what} is not JSON.") from error
    if not isinstance(document, dict):
        raise ProviderFailed(f"The provider's answer at {what} is not an object.")
    return document


def checked_issuer(issuer: str) -> URL:
    """The issuer as an address; raises IdentityProviderInvalid (Discovery 1.0, 3: no query, no fragment)."""
    try:
        url = URL(issuer)
    except ValueError as error:
        raise IdentityProviderInvalid("The issuer is not a valid URL.", remedy="It looks like https://…") from error
    if url.query_string or url.fragment or "?" in issuer or "#" in issuer:
        raise IdentityProviderInvalid("The issuer has a ? or # part.", remedy="Leave it out.")
    return _https(url)


def _https(url: URL) -> URL:
    """Plain HTTP only on this machine itself, which the egress policy refuses unless the operator allows it."""
    if url.scheme != "https" and not (url.scheme == "http" and url.host in ("127.0.0.1", "::1", "localhost")):
        raise IdentityProviderInvalid("OpenID Connect needs https.", remedy="Write the address as https://…")
    return url


def _imported(entry: object) -> Key | None:
    """A public key that signs; what we do not know, and what encrypts, is passed over. Never a shared secret."""
    if not isinstance(entry, dict) or entry.get("kty") not in ("RSA", "EC", "OKP") or entry.get("use", "sig") != "sig":
        return None
    try:
        return KeySet.import_key_set({"keys": [entry]}).keys[0]
    except (JoseError, ValueError, TypeError, KeyError):
        log.info("identity_provider_key_passed_over", kty=str(entry.get("kty"))[:20])
        return None


def _chosen(keys: KeySet, *, kid: str | None, fits: type[Key]) -> Key | None:
    """The key with this id; without an id, the only one of its kind (OpenID Connect Core 1.0, 10.1)."""
    candidates = [key for key in keys if isinstance(key, fits) and (kid is None or key.kid == kid)]
    return candidates[0] if len(candidates) == 1 else None


def _now() -> float:
    return asyncio.get_running_loop().time()
