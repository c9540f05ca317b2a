"""The calls to a provider's token and userinfo endpoints. No transaction is open meanwhile."""

import base64
from typing import Any
from urllib.parse import quote_plus

import aiohttp
import msgspec
from yarl import URL

from chatter.kit.http import HttpSessions
from chatter.sso.discovery import Metadata, read_json
from chatter.sso.errors import IdTokenInvalid, ProviderFailed

__all__ = ["Client", "Exchange", "Tokens"]

_SECONDS = aiohttp.ClientTimeout(total=15, sock_connect=5)


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """Us, as the provider knows us. The secret is in the clear for the length of one sign-in."""

    client_id: str
    secret: str | None
    redirect_uri: str


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What the token endpoint gave."""

    id_token: str
    access_token: str | None = None


class Exchange:
    """Speaks for one client with one provider."""

    def __init__(self, http: HttpSessions, metadata: Metadata, client: Client) -> None:
        self._http = http
        self._metadata = metadata
        self._client = client

    async def tokens(self, code: str, *, verifier: str) -> Tokens:
        """Redeem the code (RFC 6749, 4.1.3; RFC 7636, 4.5); raises ProviderFailed, EgressRefused."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": verifier,
        }
        headers = self._authenticate(form)
        document = await self._call("POST", self._metadata.token_endpoint, headers=headers, form=form)
        try:
            return msgspec.convert(document, Tokens)
        except msgspec.ValidationError as error:
            raise ProviderFailed(f"The provider sent no ID token: {error}.") from error

    async def userinfo(self, access_token: str | None, *, subject: str) -> dict[str, Any]:
        """More claims of the same person, none without an endpoint; raises IdTokenInvalid for another person's."""
        if self._metadata.userinfo_endpoint is None or access_token is None:
            return {}
        headers = {"authorization": f"Bearer {access_token}"}
        claims = await self._call("GET", self._metadata.userinfo_endpoint, headers=headers)
        if claims.get("sub") != subject:
            raise IdTokenInvalid("The provider's userinfo is about somebody else than its ID token.")
        return claims

    def _authenticate(self, form: dict[str, str]) -> dict[str, str]:
        """How we say who we are (RFC 6749, 2.3.1): in the header unless the provider takes it in the body only."""
        client_id, secret = self._client.client_id, self._client.secret
        offered = self._metadata.token_endpoint_auth_methods_supported
        if secret is None:
            form["client_id"] = client_id
            return {}
        if "client_secret_basic" not in offered and "client_secret_post" in offered:
            form |= {"client_id": client_id, "client_secret": secret}
            return {}
        encoded = base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()
        return {"authorization": f"Basic {encoded}"}

    async def _call(
        self, method: str, address: str, *, headers: dict[str, str], form: dict[str, str] | None = None
    ) -> dict[str, Any]:
        url = URL(address)
        wanted = headers | {"accept": "application/json"}
        try:
            async with self._http.public.request(
                method, url, headers=wanted, data=form, allow_redirects=False, timeout=_SECONDS
            ) as answer:
                return await read_json(answer, what=url.path)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ProviderFailed(f"The provider could not be reached: {type(error).__name__}.") from error
