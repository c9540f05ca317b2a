"""People and sign-ins, as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType, field

from chatter.identity.methods import SignInMethod
from chatter.kit.schema import Schema
from chatter.tenancy.schemas import Email, OrganizationName, OrganizationState, Role

__all__ = [
    "ApiKey",
    "ApiKeyCreate",
    "ApiKeyCreated",
    "ApiKeyList",
    "Confirmation",
    "Confirmed",
    "DeviceSession",
    "DeviceSessionList",
    "InvitationAcceptance",
    "InvitationKey",
    "InvitationPreview",
    "MailboxProof",
    "MailboxProven",
    "Me",
    "OrganizationChoice",
    "OrganizationCreate",
    "OrganizationDeletion",
    "OwnershipTransfer",
    "PasswordChange",
    "PasswordResetRequest",
    "PasswordResetting",
    "Profile",
    "ProfileUpdate",
    "ServiceAccount",
    "ServiceAccountCreate",
    "ServiceAccountList",
    "ServiceAccountUpdate",
    "SessionLifetimes",
    "SessionStanding",
    "SessionStarted",
    "Setup",
    "SignIn",
    "SignUp",
    "SignUpAsked",
    "SignUpFinish",
    "SupportEntered",
    "SupportKey",
    "SupportStanding",
]

Password = Annotated[str, Meta(min_length=10, max_length=200, examples=["correct horse battery staple"])]
PersonName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S", examples=["Dana Reyes"])]


class Setup(Schema):
    """Whether somebody may sign up, and whether that would be the first person here."""

    first_person: bool
    sign_up_open: bool


class SignUp(Schema):
    """A new person with a new organisation, which the person will own. The password is chosen with the link."""

    organization_name: OrganizationName
    name: PersonName
    email: Email


class SignUpAsked(Schema):
    """That a mail goes out: with a link to a new address, with a word to one that somebody here has already."""

    id: UUID
    """New each time; it opens nothing."""
    token: str | None = None
    """What the link would hold, for the very first person of a server alone."""


class SignUpFinish(Schema):
    """What the link in the mail holds, and the password to sign in with from now on."""

    token: Annotated[
        str, Meta(min_length=1, max_length=200, examples=["0197f1c8a6b27a4c9d3e5f6071829304.c2lnbmF0dXJl"])
    ]
    password: Password


class SignIn(Schema):
    """Who wants to come in."""

    email: Annotated[str, Meta(max_length=254, examples=["dana@acme.test"])]
    password: Annotated[str, Meta(max_length=200, examples=["correct horse battery staple"])]


class Profile(Schema):
    """A person."""

    id: UUID
    email: str
    name: str


class ProfileUpdate(Schema):
    """New values for one's own profile."""

    name: PersonName


class PasswordChange(Schema):
    """One's present password and the new one; all other sessions end."""

    current: Annotated[str, Meta(max_length=200)]
    new: Password


class Confirmation(Schema):
    """Once more, that it is the person of this session who sits there."""

    password: Annotated[str, Meta(max_length=200, examples=["correct horse battery staple"])]


class Confirmed(Schema):
    """How and when it was proven, and until when that suffices for what asks for a recent proof."""

    method: SignInMethod
    authenticated_at: datetime
    until: datetime


class SessionStanding(Schema):
    """That this session stands, and what it was proven by."""

    methods: list[SignInMethod]
    authenticated_at: datetime | None
    """Null during a visit of the server's operator."""
    bound: bool


class PasswordResetRequest(Schema):
    """Whose password is forgotten. The answer is the same whether anybody has the address."""

    email: Annotated[str, Meta(max_length=254, examples=["dana@acme.test"])]


class PasswordResetting(Schema):
    """What the link in the mail holds, and the new password."""

    token: Annotated[
        str, Meta(min_length=1, max_length=200, examples=["0197f1c8a6b27a4c9d3e5f6071829304.c2lnbmF0dXJl"])
    ]
    password: Password


class SessionLifetimes(Schema):
    """How long sessions open the organisation. Null: as long as the server lets them."""

    idle_minutes: Annotated[int, Meta(ge=5, le=43200, examples=[480])] | None
    """Minutes in which nothing uses a session, after which its person signs in again."""
    absolute_hours: Annotated[int, Meta(ge=1, le=8760, examples=[168])] | None
    """Hours after which they sign in again however much they use it."""


class OrganizationChoice(Schema):
    """An organisation that the person belongs to."""

    id: UUID
    name: str
    role: Role
    state: OrganizationState


class DeviceSession(Schema):
    """A sign-in that stands, as its person tells it from others."""

    id: UUID
    device: Annotated[str, Meta(description="What the browser says of itself.", examples=["Firefox on Windows"])]
    address: Annotated[str | None, Meta(description="Where it was last used from.", examples=["192.0.2.7"])]
    network: Literal["here", "private", "elsewhere", "unknown"]
    """`here`: the address of this request; `private`: one that is used within houses and companies only."""
    methods: list[SignInMethod]
    created_at: datetime
    last_used_at: Annotated[datetime, Meta(description="To the minute.")]
    expires_at: datetime
    current: Annotated[bool, Meta(description="Whether it is the session of this request.")]
    bound: Annotated[bool, Meta(description="Whether it opens one organisation alone, which vouches for the person.")]


class DeviceSessionList(Schema):
    """One's sessions, the one used last first."""

    items: list[DeviceSession]


class SessionStarted(Schema, tag_field="state", tag="signed_in"):
    """A sign-in. The token is for programs (`Authorization: Bearer`); browsers get it as a cookie."""

    token: str
    expires_at: datetime
    user: Profile
    organizations: list[OrganizationChoice]


class SupportStanding(Schema):
    """That this is the server's operator, under the organisation's grant, until then at the latest."""

    grant_id: UUID
    until: datetime


class SupportKey(Schema):
    """What the link of an operator's visit holds."""

    organization_id: UUID
    token: Annotated[str, Meta(min_length=1, max_length=200, examples=["cvcXcJWkyoGQ6aW6oGDZnvbVkqlw1Yrr2WLiUEwzmTA"])]


class SupportEntered(Schema):
    """The visit that a link has opened; browsers get its token as a cookie."""

    token: str
    organization_name: str
    operator: str
    until: datetime


class Me(Schema):
    """Who I am, where I act, what I may do."""

    user: Profile
    organization: OrganizationChoice
    organizations: list[OrganizationChoice]
    role: Role
    role_name: Annotated[str, Meta(examples=["Member"])]
    permissions: list[str]
    may_create_organizations: bool
    email_proof: Literal["proven", "open", "unavailable"]
    """Whether the person has shown that they read the mails of their address; `unavailable`: no mail server."""
    lacks: Literal["second_factor", "passkey"] | None
    """What the organisation asks for and this sign-in has not shown: until then it does not open."""
    reads_mails: bool
    """Whether mails are kept on this server, and this person is who may read them."""
    support: SupportStanding | None = None
    """Of the server's operator during a visit; null for everybody who belongs here."""


class OrganizationCreate(Schema):
    """A further organisation, which the person will own."""

    name: OrganizationName


class OwnershipTransfer(Schema):
    """Who becomes the owner."""

    user_id: UUID


class OrganizationDeletion(Schema):
    """The organisation's name, typed out."""

    name: Annotated[str, Meta(max_length=100, examples=["Acme Inc."])]


class InvitationKey(Schema):
    """What the link of an invitation holds."""

    organization_id: UUID
    token: Annotated[str, Meta(min_length=1, max_length=200, examples=["cvcXcJWkyoGQ6aW6oGDZnvbVkqlw1Yrr2WLiUEwzmTA"])]


class InvitationPreview(Schema):
    """What somebody holding a working link is shown. `known`: the address has a password here already."""

    organization_name: str
    email: str
    role: Role
    role_name: Annotated[str, Meta(examples=["Member"])]
    expires_at: datetime
    known: bool


class InvitationAcceptance(Schema):
    """The link, and the password: the present one of a known person, else a new one, with a name."""

    organization_id: UUID
    token: Annotated[str, Meta(min_length=1, max_length=200, examples=["cvcXcJWkyoGQ6aW6oGDZnvbVkqlw1Yrr2WLiUEwzmTA"])]
    password: Password
    name: PersonName | None = None


class MailboxProof(Schema):
    """What the link in the mail holds."""

    token: Annotated[str, Meta(min_length=1, max_length=1000, examples=["eyJ1c2VyIjoi.c2lnbmF0dXJl"])]


class MailboxProven(Schema):
    """The address, and the organisations that the person joined by its domain."""

    email: str
    joined: list[OrganizationChoice]


AccountName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S", examples=["Nightly import"])]
AccountDescription = Annotated[str, Meta(max_length=300, examples=["Adds the contracts of the day"])]
Scope = Annotated[str, Meta(min_length=1, max_length=100, examples=["documents:document:read"])]
Network = Annotated[str, Meta(min_length=1, max_length=50, examples=["203.0.113.0/24"])]
KeyName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S", examples=["Server in Oslo"])]


class ServiceAccount(Schema):
    """A member with no person behind it: it signs in nowhere and comes with an API key."""

    id: UUID
    name: AccountName
    description: AccountDescription
    role: Role
    role_name: Annotated[str, Meta(examples=["Editor"])]
    suspended_at: datetime | None
    keys: Annotated[int, Meta(description="How many keys work at this moment.", examples=[1])]
    last_used_at: Annotated[datetime | None, Meta(description="When a key of it was last used, to the minute.")]
    created_by: UUID
    created_by_name: Annotated[str, Meta(description="Empty when they have left.", examples=["Dana Reyes"])]
    created_at: datetime


class ServiceAccountList(Schema):
    """Every service account, by name."""

    items: list[ServiceAccount]


class ServiceAccountCreate(Schema):
    """A new service account, in a role that holds no more than yours; never owner."""

    name: AccountName
    description: AccountDescription = ""
    role: Role = "member"


class ServiceAccountUpdate(Schema):
    """What to change; what is left out stays."""

    name: AccountName | UnsetType = UNSET
    description: AccountDescription | UnsetType = UNSET
    role: Role | UnsetType = UNSET


class ApiKey(Schema):
    """A key, without its secret. `hint` is how it ends."""

    id: UUID
    name: KeyName
    holder_id: UUID
    holder_name: Annotated[str, Meta(description="Who acts with it.", examples=["Nightly import"])]
    holder_kind: Literal["person", "service"]
    scopes: Annotated[list[Scope] | None, Meta(description="The most that it may do; null: all that its holder may.")]
    addresses: Annotated[list[Network], Meta(description="Where it works from; empty: anywhere.")]
    hint: Annotated[str, Meta(examples=["x9Qa"])]
    state: Literal["active", "expired", "revoked"]
    created_by: UUID
    created_by_name: Annotated[str, Meta(description="Empty when they have left.", examples=["Dana Reyes"])]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: Annotated[datetime | None, Meta(description="To the minute.")]


class ApiKeyList(Schema):
    """The keys of one holder, the newest first."""

    items: list[ApiKey]


class ApiKeyCreate(Schema):
    """A name to tell it apart by, and what narrows it: an end, permissions, addresses."""

    name: KeyName
    expires_at: Annotated[datetime | None, Meta(examples=["2031-01-31T09:30:00Z"])] = None
    scopes: Annotated[list[Scope], Meta(max_length=500, examples=[["documents:document:read"]])] | None = None
    """The most that it may do, of what its holder may at that moment; null: all of it."""
    addresses: Annotated[list[Network], Meta(max_length=50, examples=[["203.0.113.0/24"]])] = field(
        default_factory=list
    )
    """Addresses or networks in CIDR form that it works from; none: from anywhere."""


class ApiKeyCreated(Schema):
    """The new key. `secret` is shown this once: we keep only its hash."""

    key: ApiKey
    secret: Annotated[str, Meta(examples=["chatter_sk_019a1b2c3d4e7f508a1b2c3d4e5f6071_cvcXcJWk…"])]
