"""What an app may ask a person for: checked before the person is shown anything, and again with their answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chatter.kit.principal import Principal
from chatter.oauth.addresses import Addresses
from chatter.oauth.clients import Client, client_of
from chatter.oauth.errors import (
    AppRequestInvalid,
    InvalidClient,
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    UnsupportedResponseType,
)
from chatter.oauth.schemas import AppRequest
from chatter.oauth.scopes import scopes_asked
from chatter.rbac.facade import Authorizer

__all__ = ["Asking", "Wanted"]

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""A SHA-256 in base64url (RFC 7636, 4.2)."""
_RESTART = "Start again from the app. If it lasts, tell whoever makes it."


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An app that may be answered, and what it asked for, as far as this person may; None: all of it."""

    client: Client
    scopes: list[str] | None


class Asking:
    """The rules of what may be asked."""

    def __init__(self, secret_keys: Sequence[str], addresses: Addresses, authorizer: Authorizer) -> None:
        self._secret_keys = secret_keys
        self._addresses = addresses
        self._authorizer = authorizer

    def client(self, client_id: str) -> Client:
        """Raise InvalidClient for one that is not known here."""
        return client_of(self._secret_keys, client_id)

    def answerable(self, request: AppRequest) -> Client:
        """The app that asks; raises AppRequestInvalid when nothing may be sent to where it wants its answer."""
        try:
            client = self.client(request.client_id)
        except InvalidClient as error:
            raise AppRequestInvalid("This server does not know the app that sent you.", remedy=_RESTART) from error
        if not request.redirect_uri or not client.takes(request.redirect_uri):
            raise AppRequestInvalid(
                "The app wants its answer at an address that it has not registered.", remedy=_RESTART
            )
        return client

    async def wanted(self, principal: Principal, request: AppRequest, client: Client) -> Wanted:
        """What the app asks for; raises OAuthError, which it is told at its address."""
        if request.response_type != "code":
            raise UnsupportedResponseType("Only the response type code is answered.")
        if request.code_challenge_method != "S256" or not _CHALLENGE.fullmatch(request.code_challenge):
            raise InvalidRequest("A code challenge is needed, with the method S256.")
        self.require_resource(request.resource)
        return await self.allowed(principal, client, scope=request.scope)

    async def allowed(self, principal: Principal, client: Client, *, scope: str) -> Wanted:
        """What this person could allow of a scope; raises InvalidScope when it is nothing."""
        asked = scopes_asked(self._authorizer.catalogue, client, scope)
        if asked is None:
            return Wanted(client=client, scopes=None)
        held = await self._authorizer.permissions_of(principal)
        scopes = [name for name in asked if name in held]
        if not scopes:
            raise InvalidScope("The person may do nothing of what was asked for.")
        return Wanted(client=client, scopes=scopes)

    def asked_on_device(self, client: Client, *, scope: str, resource: str) -> None:
        """Raise InvalidScope or InvalidTarget for what no person could allow."""
        scopes_asked(self._authorizer.catalogue, client, scope)
        self.require_resource(resource)

    def require_resource(self, resource: str) -> None:
        """Raise InvalidTarget for another resource than this API, which is what is meant when none is named."""
        if resource not in ("", self._addresses.resource):
            raise InvalidTarget(f"Tokens are made for {self._addresses.resource} only.")
