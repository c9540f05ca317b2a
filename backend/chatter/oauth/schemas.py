"""Apps, what they ask for, and what they are answered, as the API shows them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, field

from chatter.identity.schemas import Profile
from chatter.kit.schema import Problem, Schema

__all__ = [
    "CLI_CLIENT_ID",
    "App",
    "AppList",
    "AppRequest",
    "Asked",
    "AuthorizationAnswer",
    "ClientRegistered",
    "ClientRegistration",
    "Connection",
    "Consent",
    "DeviceAnswer",
    "DeviceConsent",
    "DeviceLookup",
    "DeviceRequest",
    "DeviceStarted",
    "JsonWebKeySet",
    "MemberApp",
    "MemberAppList",
    "OAuthProblem",
    "ResourceMetadata",
    "Revocation",
    "ServerMetadata",
    "TokenIssued",
    "TokenRequest",
]

CLI_CLIENT_ID = "chatter-cli"
"""Our command line: known without being registered."""

ClientId = Annotated[str, Meta(max_length=8000, examples=["chatter-cli"])]
ScopeText = Annotated[str, Meta(max_length=20_000, examples=["documents:document:read"])]
UserCode = Annotated[str, Meta(min_length=1, max_length=40, examples=["BDFH-KMPR"])]
ConsentToken = Annotated[str, Meta(min_length=1, max_length=500, examples=["eyJub25jZSI6….c2lnbmF0dXJl"])]
Verifier = Annotated[str, Meta(max_length=128, examples=["dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"])]


class ClientRegistration(Schema):
    """What an app says of itself (RFC 7591); what is not listed here is not needed and left aside."""

    redirect_uris: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=500)]],
        Meta(max_length=10, examples=[["http://127.0.0.1/callback"]]),
    ] = field(default_factory=list)
    client_name: Annotated[str, Meta(max_length=100, examples=["Notes"])] = ""
    token_endpoint_auth_method: Annotated[str, Meta(max_length=50, examples=["none"])] = "none"  # noqa: S105 - the name of a method


class ClientRegistered(Schema):
    """The app's id, which holds all that it registered."""

    client_id: ClientId
    client_id_issued_at: int
    client_name: str
    redirect_uris: list[str]
    grant_types: list[str]
    response_types: list[str]
    token_endpoint_auth_method: str


class AppRequest(Schema):
    """What an app asks of a person, as it stands in the address of the consent page."""

    client_id: ClientId
    redirect_uri: Annotated[str, Meta(max_length=500, examples=["http://127.0.0.1:8765/callback"])] = ""
    response_type: Annotated[str, Meta(max_length=50, examples=["code"])] = ""
    scope: ScopeText = ""
    state: Annotated[str, Meta(max_length=2000, examples=["af0ifjsldkj"])] = ""
    code_challenge: Annotated[str, Meta(max_length=128, examples=["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"])] = ""
    code_challenge_method: Annotated[str, Meta(max_length=50, examples=["S256"])] = ""
    resource: Annotated[str, Meta(max_length=500, examples=[""])] = ""


class Asked(Schema):
    """What a person is asked to allow. `redirect_to`: nothing, for the app asked wrongly; it is told so there."""

    client_name: str
    trusted: Annotated[bool, Meta(description="Whether it is an app of this server; others name themselves.")]
    answers_to: Annotated[str, Meta(description="Where the answer goes; empty for a device.", examples=["127.0.0.1"])]
    scopes: Annotated[list[str] | None, Meta(description="Null: all that you may do.")]
    allowed_before: bool
    organization_name: str
    consent: Annotated[str, Meta(description="Sent back with the answer, once.")] = ""
    redirect_to: str | None = None
    refusal: Annotated[str, Meta(description="Where to go after a no; empty for a device.")] = ""
    proof_needed: Annotated[
        bool, Meta(description="Whether a yes needs a proof of who it is first (`POST /auth/confirm`).")
    ] = False


class Consent(Schema):
    """Yes to an app's request."""

    request: AppRequest
    consent: ConsentToken


class AuthorizationAnswer(Schema):
    """Where the browser goes with the answer."""

    redirect_to: str


class DeviceRequest(Schema):
    """An app on a device without a browser asks (RFC 8628)."""

    client_id: ClientId
    scope: ScopeText = ""
    resource: Annotated[str, Meta(max_length=500, examples=[""])] = ""


class DeviceStarted(Schema):
    """What the device shows, and what it asks with."""

    device_code: str
    user_code: UserCode
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class DeviceLookup(Schema):
    """The code that a device shows."""

    user_code: UserCode


class DeviceConsent(Schema):
    """An answer to a device's request."""

    user_code: UserCode
    consent: ConsentToken


class DeviceAnswer(Schema):
    """The app that was answered."""

    client_name: str


class TokenRequest(Schema):
    """A code, a refresh token, or a device's code, for tokens."""

    grant_type: Annotated[str, Meta(max_length=100, examples=["refresh_token"])] = ""
    client_id: ClientId = ""
    code: Annotated[str, Meta(max_length=200, examples=[""])] = ""
    redirect_uri: Annotated[str, Meta(max_length=500, examples=[""])] = ""
    code_verifier: Verifier = ""
    refresh_token: Annotated[
        str, Meta(max_length=300, examples=["chatter_rt_019a1b2c3d4e7f508a1b2c3d4e5f6071_cvc…"])
    ] = ""
    device_code: Annotated[str, Meta(max_length=200, examples=[""])] = ""
    scope: ScopeText = ""
    resource: Annotated[str, Meta(max_length=500, examples=[""])] = ""


class TokenIssued(Schema):
    """An access token, and the refresh token that gets the next ones."""

    access_token: str
    token_type: Annotated[str, Meta(examples=["Bearer"])]
    expires_in: Annotated[int, Meta(examples=[600])]
    refresh_token: str
    scope: str


class Revocation(Schema):
    """A token that is not needed any more (RFC 7009)."""

    token: Annotated[str, Meta(max_length=20_000, examples=["chatter_rt_019a1b2c3d4e7f508a1b2c3d4e5f6071_cvc…"])] = ""
    client_id: ClientId = ""
    token_type_hint: Annotated[str, Meta(max_length=50, examples=["refresh_token"])] = ""


class App(Schema):
    """An app that one has allowed to act."""

    id: UUID
    name: Annotated[str, Meta(examples=["Notes"])]
    trusted: bool
    scopes: Annotated[list[str] | None, Meta(description="Null: all that you may do.")]
    created_at: datetime
    last_used_at: Annotated[datetime | None, Meta(description="When it last got a token.")]
    connections: Annotated[int, Meta(description="In how many places it is connected now.", examples=[1])]


class MemberApp(App):
    """An app that a member has allowed to act."""

    user_id: UUID
    user_name: Annotated[str, Meta(examples=["Dana Reyes"])]


class MemberAppList(Schema):
    """What members let act for them, the newest first; a thousand at most."""

    items: list[MemberApp]


class Connection(Schema):
    """For whom a token acts, and where."""

    user: Profile
    organization_id: UUID
    organization_name: str
    scopes: Annotated[list[str] | None, Meta(description="Null: all that they may do.")]


class AppList(Schema):
    """The apps that one has allowed to act, the newest first."""

    items: list[App]


class OAuthProblem(Problem):
    """A problem document that is an OAuth error as well."""

    error: Annotated[str, Meta(examples=["invalid_grant"])] = ""
    error_description: Annotated[str, Meta(examples=["This code or token does not work, or not for this app."])] = ""


class ServerMetadata(Schema):
    """What this authorization server offers (RFC 8414)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    registration_endpoint: str
    revocation_endpoint: str
    device_authorization_endpoint: str
    jwks_uri: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    response_modes_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    code_challenge_methods_supported: list[str]
    authorization_response_iss_parameter_supported: bool
    service_documentation: str


class ResourceMetadata(Schema):
    """What the API needs, and who gives it (RFC 9728)."""

    resource: str
    authorization_servers: list[str]
    jwks_uri: str
    scopes_supported: list[str]
    bearer_methods_supported: list[str]
    resource_name: str


class JsonWebKeySet(Schema):
    """The public keys that access tokens are signed with (RFC 7517)."""

    keys: list[dict[str, str | list[str]]]
