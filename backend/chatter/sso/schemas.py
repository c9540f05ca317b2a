"""Identity providers and sign-ins through them, as the API shows them. A client secret goes in and never comes out."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from chatter.kit.schema import Schema

__all__ = [
    "Address",
    "Claim",
    "DefaultRole",
    "ExternalIdentity",
    "ExternalIdentityList",
    "GroupMapping",
    "IdentityProvider",
    "IdentityProviderCreate",
    "IdentityProviderList",
    "IdentityProviderRecord",
    "IdentityProviderUpdate",
    "Linked",
    "LogoutForm",
    "SigningAlgorithm",
    "SsoDemand",
    "SsoDemandList",
    "SsoDoor",
    "SsoEffect",
    "SsoEnforcement",
    "SsoSignOut",
    "SsoTest",
    "SsoTestStart",
    "SsoTestStep",
    "StepName",
]

SigningAlgorithm = Literal["RS256", "PS256", "ES256", "EdDSA"]
DefaultRole = Literal["viewer", "member", "editor"]
StepName = Literal["discovery", "keys", "redirect", "tokens", "id_token", "userinfo", "person"]

ProviderName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S", examples=["Acme Entra ID"])]
Issuer = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=300,
        description="Exactly as the provider writes it, a slash at its end included.",
        examples=["https://login.example.test/acme"],
    ),
]
ClientId = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[\x20-\x7e]+$", examples=["chatter"])]
ClientSecret = Annotated[str, Meta(min_length=1, max_length=500, examples=["a-secret-of-the-provider"])]
ClaimName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
Scope = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+$", examples=["email"])]
DomainName = Annotated[str, Meta(min_length=3, max_length=253, examples=["acme.test"])]
GroupName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S", examples=["legal"])]
MappedRole = Annotated[
    str,
    Meta(
        max_length=43,
        pattern=r"^(admin|editor|member|viewer|billing|auditor"
        r"|custom:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$",
        description="A built-in role except owner, or `custom:` and the id of a role that the organisation made.",
        examples=["editor"],
    ),
]


class GroupMapping(Schema):
    """What whoever is in a group gets at each sign-in: a role, a place in a team, or both."""

    group: GroupName
    role: MappedRole | None = None
    team_id: Annotated[UUID | None, Meta(examples=[None])] = None


class IdentityProvider(Schema):
    """A provider of OpenID Connect that vouches for people of the organisation."""

    id: UUID
    name: ProviderName
    issuer: Issuer
    client_id: ClientId
    has_client_secret: bool
    client_secret_hint: Annotated[str | None, Meta(description="How the stored secret ends.", examples=["x9Qa"])]
    scopes: list[Scope]
    signing_algorithm: SigningAlgorithm
    email_claim: ClaimName
    verified_claim: ClaimName
    name_claim: ClaimName
    groups_claim: ClaimName
    domains: list[DomainName]
    mappings: list[GroupMapping]
    just_in_time: bool
    default_role: DefaultRole
    enabled: bool
    tested_at: datetime | None
    redirect_uri: Annotated[str, Meta(examples=["https://chatter.example.test/api/v1/auth/sso/…/callback"])]
    backchannel_logout_uri: Annotated[str, Meta(examples=["https://chatter.example.test/api/v1/auth/sso/…"])]
    post_logout_redirect_uri: Annotated[str, Meta(examples=["https://chatter.example.test/login"])]
    sign_in_url: Annotated[str, Meta(examples=["https://chatter.example.test/api/v1/auth/sso/…/start"])]
    created_at: datetime


class IdentityProviderList(Schema):
    """Every provider, by name."""

    items: list[IdentityProvider]


class IdentityProviderCreate(Schema):
    """A provider; it lets nobody in before it is enabled, which a test sign-in must precede."""

    name: ProviderName
    issuer: Issuer
    client_id: ClientId
    client_secret: ClientSecret | None = None
    scopes: Annotated[list[Scope], Meta(max_length=20)] = field(default_factory=lambda: ["openid", "email", "profile"])
    signing_algorithm: SigningAlgorithm = "RS256"
    email_claim: ClaimName = "email"
    verified_claim: ClaimName = "email_verified"
    name_claim: ClaimName = "name"
    groups_claim: ClaimName = "groups"
    domains: Annotated[list[DomainName], Meta(max_length=50, examples=[[]])] = field(default_factory=list)
    mappings: Annotated[list[GroupMapping], Meta(max_length=100)] = field(default_factory=list)
    just_in_time: bool = False
    default_role: DefaultRole = "member"


class IdentityProviderUpdate(Schema):
    """What to change; what is left out stays. A new issuer does not take the stored secret along."""

    name: ProviderName | UnsetType = UNSET
    issuer: Issuer | UnsetType = UNSET
    client_id: ClientId | UnsetType = UNSET
    client_secret: ClientSecret | UnsetType | None = UNSET
    scopes: Annotated[list[Scope], Meta(max_length=20)] | UnsetType = UNSET
    signing_algorithm: SigningAlgorithm | UnsetType = UNSET
    email_claim: ClaimName | UnsetType = UNSET
    verified_claim: ClaimName | UnsetType = UNSET
    name_claim: ClaimName | UnsetType = UNSET
    groups_claim: ClaimName | UnsetType = UNSET
    domains: Annotated[list[DomainName], Meta(max_length=50, examples=[[]])] | UnsetType = UNSET
    mappings: Annotated[list[GroupMapping], Meta(max_length=100)] | UnsetType = UNSET
    just_in_time: bool | UnsetType = UNSET
    default_role: DefaultRole | UnsetType = UNSET
    enabled: Annotated[bool | UnsetType, Meta(examples=[False])] = UNSET


class Address(Schema):
    """Whose provider is looked for."""

    email: Annotated[str, Meta(max_length=254, examples=["dana@acme.test"])]


class SsoDoor(Schema):
    """Where people of this address's domain sign in; null when that is here. Says nothing about the person."""

    url: Annotated[str | None, Meta(examples=["/api/v1/auth/sso/…/start"])]


class SsoDemand(Schema):
    """An organisation that this session would open, were it not for its own sign-in, and where that is."""

    organization_name: Annotated[str, Meta(examples=["Acme"])]
    provider_name: ProviderName
    url: Annotated[str, Meta(examples=["/api/v1/auth/sso/…/start"])]


class SsoDemandList(Schema):
    """None when the session opens all that its person belongs to, or when nobody is signed in."""

    items: list[SsoDemand]


class Claim(Schema):
    """One claim of a test sign-in, as text."""

    name: str
    value: str


class SsoTestStep(Schema):
    """One step of a test."""

    name: StepName
    passed: bool
    detail: str
    code: str | None = None
    remedy: str | None = None


class SsoTest(Schema):
    """What a test has seen so far. `finished`: the provider has sent the browser back."""

    id: UUID
    passed: bool
    finished: bool
    steps: list[SsoTestStep]
    claims: list[Claim]


class SsoTestStart(Schema):
    """The first steps of a test, and where its test sign-in goes on, in the browser of whoever tests."""

    test: SsoTest
    url: Annotated[str | None, Meta(description="Null when a step has failed.", examples=["/api/v1/auth/sso/…"])]


class SsoEnforcement(Schema):
    """Whether only the organisation's own sign-in opens it, and which owners come in without."""

    required: Annotated[bool, Meta(examples=[False])]
    break_glass_ids: Annotated[list[UUID], Meta(max_length=20, description="Owners.")]


class SsoEffect(Schema):
    """Whom enforcing it would keep out until they come in by a provider, and what acts for those who never have."""

    people: Annotated[int, Meta(description="Whose sessions open it no more, unless a provider vouches for them.")]
    strangers: Annotated[int, Meta(description="Those among them who have never come in by one of the providers.")]
    keys: Annotated[int, Meta(description="Personal keys of those, which stop.")]
    apps: Annotated[int, Meta(description="Apps that those have let act, which stop.")]


class ExternalIdentity(Schema):
    """What a provider calls somebody of the organisation."""

    id: UUID
    identity_provider_id: UUID
    provider_name: ProviderName
    subject: Annotated[str, Meta(description="The provider's own name for them.", examples=["00u1a2b3c4"])]
    user_id: UUID
    user_name: Annotated[str, Meta(examples=["Dana Reyes"])]
    created_at: datetime
    last_used_at: datetime


class ExternalIdentityList(Schema):
    """Who came last first; a thousand at most."""

    items: list[ExternalIdentity]


class LogoutForm(Schema):
    """What a provider posts."""

    logout_token: Annotated[str, Meta(min_length=1, max_length=65536, examples=["eyJhbGciOi…"])]


class SsoSignOut(Schema):
    """Where to go on, so that the provider's own session ends as well; null when there is no such page."""

    url: Annotated[str | None, Meta(examples=["https://login.example.test/logout"])]


class IdentityProviderRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit log keeps of a provider."""

    name: str
    issuer: str
    client_id: str
    client_secret_hint: str | None
    scopes: list[str]
    signing_algorithm: str
    email_claim: str
    verified_claim: str
    name_claim: str
    groups_claim: str
    domains: list[str]
    mappings: list[GroupMapping]
    just_in_time: bool
    default_role: str
    enabled: bool


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit log keeps of whom a provider means."""

    identity_provider_id: UUID
    subject: str
