"""What apps read before they ask: who gives tokens for what, and the keys that tokens are signed with."""

from litestar import Controller, get

from chatter.kit.routes import route
from chatter.oauth.addresses import API_PATH, Addresses
from chatter.oauth.schemas import JsonWebKeySet, ResourceMetadata, ServerMetadata
from chatter.oauth.signing_keys import SigningKeys
from chatter.oauth.token_endpoint import DEVICE_GRANT
from chatter.rbac.facade import Authorizer

__all__ = ["WellKnownController"]


class WellKnownController(Controller):
    """`/.well-known`: where the standards have it, so outside of the versioned API and its document."""

    path = "/.well-known"
    include_in_schema = False
    response_headers = {"Access-Control-Allow-Origin": "*"}  # noqa: RUF012 - as Litestar has it

    @get(
        "/oauth-authorization-server",
        operation_id="GetAuthorizationServer",
        summary="Authorization server metadata (RFC 8414)",
        opt=route(public=True),
    )
    async def server(self, addresses: Addresses, authorizer: Authorizer) -> ServerMetadata:
        return ServerMetadata(
            issuer=addresses.issuer,
            authorization_endpoint=f"{addresses.issuer}/authorize",
            token_endpoint=addresses.at("/token"),
            registration_endpoint=addresses.at("/register"),
            revocation_endpoint=addresses.at("/revoke"),
            device_authorization_endpoint=addresses.at("/device"),
            jwks_uri=f"{addresses.issuer}/.well-known/jwks.json",
            scopes_supported=sorted(authorizer.catalogue.permissions),
            response_types_supported=["code"],
            response_modes_supported=["query"],
            grant_types_supported=["authorization_code", "refresh_token", DEVICE_GRANT],
            token_endpoint_auth_methods_supported=["none"],
            revocation_endpoint_auth_methods_supported=["none"],
            code_challenge_methods_supported=["S256"],
            authorization_response_iss_parameter_supported=True,
            service_documentation=f"{addresses.resource}/schema/openapi.json",
        )

    @get(
        f"/oauth-protected-resource{API_PATH}",
        operation_id="GetProtectedResource",
        summary="Protected resource metadata (RFC 9728)",
        opt=route(public=True),
    )
    async def resource(self, addresses: Addresses, authorizer: Authorizer) -> ResourceMetadata:
        return ResourceMetadata(
            resource=addresses.resource,
            authorization_servers=[addresses.issuer],
            jwks_uri=f"{addresses.issuer}/.well-known/jwks.json",
            scopes_supported=sorted(authorizer.catalogue.built_in["viewer"]),
            bearer_methods_supported=["header"],
            resource_name="Chatter",
        )

    @get("/jwks.json", operation_id="GetSigningKeys", summary="Public keys (RFC 7517)", opt=route(public=True))
    async def keys(self, signing_keys: SigningKeys) -> JsonWebKeySet:
        return JsonWebKeySet(keys=await signing_keys.public())
