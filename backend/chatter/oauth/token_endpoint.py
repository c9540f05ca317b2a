"""What apps ask without a person: to be known, to wait for an answer on a device, and for tokens."""

from chatter.kit.clock import Clock
from chatter.oauth.addresses import Addresses
from chatter.oauth.asking import Asking
from chatter.oauth.attempts import Attempts
from chatter.oauth.clients import registered
from chatter.oauth.devices import INTERVAL_SECONDS, LIFETIME_SECONDS, Devices
from chatter.oauth.errors import InvalidClientMetadata, InvalidRedirectUri, Overloaded, UnsupportedGrantType
from chatter.oauth.families import Families
from chatter.oauth.schemas import (
    ClientRegistered,
    ClientRegistration,
    DeviceRequest,
    DeviceStarted,
    Revocation,
    TokenIssued,
    TokenRequest,
)

__all__ = ["DEVICE_GRANT", "TokenEndpoint"]

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_GRANTS = ["authorization_code", "refresh_token", DEVICE_GRANT]
_MOST = 600
_SECONDS = 3600


class TokenEndpoint:
    """All apps are public: what proves an app is the code verifier, the refresh token, the device's code."""

    def __init__(
        self,
        secret_key: str,
        addresses: Addresses,
        clock: Clock,
        *,
        asking: Asking,
        devices: Devices,
        families: Families,
        attempts: Attempts,
    ) -> None:
        self._secret_key = secret_key
        self._addresses = addresses
        self._clock = clock
        self._asking = asking
        self._devices = devices
        self._families = families
        self._attempts = attempts

    async def register(self, data: ClientRegistration, *, address: str | None) -> ClientRegistered:
        """An id for an app; raises InvalidRedirectUri, InvalidClientMetadata, Overloaded."""
        await self._require_calm("register", address)
        if data.token_endpoint_auth_method != "none":  # noqa: S105 - the name of a method
            raise InvalidClientMetadata("Apps are public here: the method is none.")
        if not data.redirect_uris:
            raise InvalidRedirectUri("An app names where it is answered.")
        issued_at = int(self._clock.now().timestamp())
        name = " ".join(data.client_name.split()) or "An app without a name"
        client = registered(self._secret_key, name=name, redirect_uris=list(data.redirect_uris), issued_at=issued_at)
        return ClientRegistered(
            client_id=client.id,
            client_id_issued_at=issued_at,
            client_name=client.name,
            redirect_uris=list(client.redirect_uris),
            grant_types=_GRANTS,
            response_types=["code"],
            token_endpoint_auth_method="none",  # noqa: S106 - the name of a method
        )

    async def start_device(self, data: DeviceRequest, *, address: str | None) -> DeviceStarted:
        """Codes for a device; raises InvalidClient, InvalidScope, InvalidTarget, Overloaded."""
        client = self._asking.client(data.client_id)
        self._asking.asked_on_device(client, scope=data.scope, resource=data.resource)
        await self._require_calm("device", address)
        device_code, user_code = await self._devices.start(client_id=client.id, scope=data.scope)
        page = f"{self._addresses.issuer}/device"
        return DeviceStarted(
            device_code=device_code,
            user_code=user_code,
            verification_uri=page,
            verification_uri_complete=f"{page}?user_code={user_code}",
            expires_in=LIFETIME_SECONDS,
            interval=INTERVAL_SECONDS,
        )

    async def issue(self, data: TokenRequest) -> TokenIssued:
        """Tokens, or an OAuthError that says why not."""
        client = self._asking.client(data.client_id)
        self._asking.require_resource(data.resource)
        match data.grant_type:
            case "authorization_code":
                return await self._families.redeem(data, client)
            case "refresh_token":
                return await self._families.rotate(data, client)
            case "urn:ietf:params:oauth:grant-type:device_code":
                tenant_id, family_id = await self._devices.collect(data.device_code, client_id=client.id)
                return await self._families.collect(tenant_id, family_id, client)
            case _:
                raise UnsupportedGrantType(f"The grant types are {', '.join(_GRANTS)}.")

    async def revoke(self, data: Revocation) -> None:
        """Take a refresh token back, and all that came of the same consent on the same device."""
        await self._families.revoke(data.token, self._asking.client(data.client_id))

    async def _require_calm(self, what: str, address: str | None) -> None:
        if not await self._attempts.left(what, address or "unknown", most=_MOST, seconds=_SECONDS):
            raise Overloaded("Too many requests came from this address.", retry_after=_SECONDS)
