"""Organisations and members, as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, field

from chatter.kit.schema import Schema

__all__ = [
    "AutoJoinRole",
    "BelongingsCount",
    "BelongingsList",
    "Invitation",
    "InvitationCreate",
    "InvitationState",
    "KeptMail",
    "KeptMailList",
    "MailDomain",
    "MailDomainCreate",
    "MailDomainList",
    "MailDomainUpdate",
    "Member",
    "MemberList",
    "Offboarding",
    "OffboardingList",
    "OffboardingOrder",
    "Organization",
    "OrganizationName",
    "OrganizationState",
    "OrganizationUpdate",
    "RateLimit",
    "RateLimitAmount",
    "RateLimitList",
    "RateLimitSetting",
    "Role",
    "RoleChange",
    "SupportEnding",
    "SupportGrant",
    "SupportGrantCreate",
    "SupportGrantList",
    "SupportGrantState",
    "SupportRole",
    "SupportStart",
    "SupportVisit",
    "Team",
    "TeamChange",
    "TeamDetail",
    "TeamList",
    "WebOrigin",
    "WebOriginCreate",
    "WebOriginList",
]

Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+$", examples=["dana@acme.test"])]
Role = Annotated[
    str,
    Meta(
        max_length=43,
        pattern=r"^(owner|admin|editor|member|viewer|billing|auditor"
        r"|custom:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$",
        description="A built-in role, or `custom:` and the id of a role that the organisation made.",
        examples=["member"],
    ),
]
InvitationState = Literal["pending", "accepted", "revoked", "expired"]
OrganizationState = Literal["active", "suspended", "deleting"]
OrganizationName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S", examples=["Acme Inc."])]


class Organization(Schema):
    """An organisation."""

    id: UUID
    name: str
    created_at: datetime
    state: OrganizationState
    purge_after: datetime | None
    """When it is deleted for good; null unless it is being deleted."""


class OrganizationUpdate(Schema):
    """New values for an organisation."""

    name: OrganizationName


class Member(Schema):
    """Somebody who belongs to the organisation. A service account has no address, and is a member of teams alone."""

    user_id: UUID
    email: Annotated[str, Meta(description="Empty for a service account.", examples=["dana@acme.test"])]
    name: str
    role: Role
    role_name: Annotated[str, Meta(examples=["Member"])]
    joined_at: datetime
    suspended_at: datetime | None = None
    kind: Literal["person", "service"] = "person"


class MemberList(Schema):
    """Everybody in the organisation, in the order in which they joined."""

    items: list[Member]


class RoleChange(Schema):
    """The member's new role."""

    role: Role


class Team(Schema):
    """A named group of members, people and service accounts."""

    id: UUID
    name: str
    member_count: int
    created_at: datetime


class TeamList(Schema):
    """Every team, by name."""

    items: list[Team]


class TeamDetail(Schema):
    """A team with its members, by name."""

    id: UUID
    name: str
    created_at: datetime
    members: list[Member]


class TeamChange(Schema):
    """The name of a new team, or the new name of a team; unique in the organisation, whatever its case."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S", examples=["Support"])]


class InvitationCreate(Schema):
    """Who is invited, in which role, and to which teams."""

    email: Email
    role: Role = "member"
    team_ids: Annotated[list[UUID], Meta(max_length=50)] = field(default_factory=list)


class Invitation(Schema):
    """An invitation, without its link."""

    id: UUID
    email: str
    role: Role
    role_name: Annotated[str, Meta(description="Empty when the role is gone.", examples=["Member"])]
    team_ids: list[UUID]
    state: InvitationState
    mail_state: Literal["queued", "sent", "failed"]
    mail_error: str | None
    invited_by: UUID
    created_at: datetime
    expires_at: datetime


class KeptMail(Schema):
    """A mail that was kept on the server because no mail server is configured."""

    id: str
    to: str
    subject: str
    text: str
    at: datetime


class KeptMailList(Schema):
    """The newest first."""

    items: list[KeptMail]


class BelongingsCount(Schema):
    """How many things of one kind a member owns. Only an owner may hand over what is `private`."""

    kind: Annotated[str, Meta(examples=["documents"])]
    count: int
    private: bool


class BelongingsList(Schema):
    """Every kind of thing that people own here, and how much of it is this member's."""

    user_id: UUID
    items: list[BelongingsCount]


class OffboardingOrder(Schema):
    """Who takes over, and which kinds; things of the other kinds are deleted."""

    successor_id: UUID | None = None
    hand_over: Annotated[list[Annotated[str, Meta(max_length=50)]], Meta(max_length=20, examples=[["documents"]])] = (
        field(default_factory=list)
    )


class Offboarding(Schema):
    """That a person was taken out, and how far the work on what they owned is."""

    id: UUID
    user_id: UUID
    person: str
    successor_id: UUID | None
    handed_over: list[str]
    state: Literal["waiting", "running", "done", "failed"]
    stage: str
    done: int
    total: int
    error: str | None
    created_at: datetime


class OffboardingList(Schema):
    """The newest first."""

    items: list[Offboarding]


DomainName = Annotated[
    str,
    Meta(
        max_length=234,  # with the label of the record before it, a name of the domain name system has room for 253
        pattern=r"^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$",
        examples=["acme.test"],
    ),
]


class MailDomainCreate(Schema):
    """A mail domain, without the part before the @."""

    name: DomainName


AutoJoinRole = Literal["editor", "member", "viewer"]


class MailDomainUpdate(Schema):
    """In which role people of the domain, who have proven their mailbox, join by themselves; null: they do not."""

    auto_join_role: AutoJoinRole | None


class MailDomain(Schema):
    """A mail domain, and the text record that proves it."""

    id: UUID
    name: str
    verified_at: datetime | None
    auto_join_role: AutoJoinRole | None
    record_name: str
    record_value: str
    created_at: datetime


class MailDomainList(Schema):
    """Every mail domain, by name."""

    items: list[MailDomain]


SupportRole = Literal["viewer", "auditor", "member", "editor", "admin"]
SupportGrantState = Literal["open", "revoked", "expired"]


class SupportGrantCreate(Schema):
    """Let the operator of the server in: why, in which role, for how many hours."""

    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S", examples=["Documents stay queued."])]
    role: SupportRole = "viewer"
    hours: Annotated[int, Meta(ge=1, le=168, examples=[24])] = 24


class SupportVisit(Schema):
    """A time that the operator was in, or has a link to come in; `until` is when it is over at the latest."""

    id: UUID
    operator: str
    reason: str
    created_at: datetime
    entered_at: datetime | None
    until: datetime
    ended_at: datetime | None


class SupportGrant(Schema):
    """An access that was granted to the operator, with the visits under it, the latest first."""

    id: UUID
    reason: str
    role: SupportRole
    state: SupportGrantState
    granted_by: UUID
    granted_by_name: Annotated[str, Meta(description="Empty once that person has left.")]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    visits: list[SupportVisit]


class SupportGrantList(Schema):
    """The newest grants, open ones and those that are over."""

    items: list[SupportGrant]


class SupportStart(Schema):
    """What the log keeps of a visit that begins."""

    grant_id: UUID
    operator: str
    reason: str
    role: str
    until: datetime


class SupportEnding(Schema):
    """What the log keeps of how a visit ended: the operator left, the access was revoked, or its time was over."""

    how: Literal["left", "revoked", "lapsed"]


class RateLimit(Schema):
    """How often something may be done: at most `amount` times in any `seconds`, for each subject."""

    name: Annotated[str, Meta(examples=["question-person"])]
    kind: Annotated[str, Meta(description="What is counted.", examples=["question"])]
    subject: Annotated[str, Meta(description="Who is counted.", examples=["person"])]
    amount: Annotated[int, Meta(examples=[60])]
    seconds: Annotated[int, Meta(examples=[60])]
    usual: Annotated[int, Meta(description="What holds for whoever sets none.", examples=[60])]
    least: Annotated[int, Meta(examples=[3])]
    ceiling: Annotated[int, Meta(description="The most that an organisation may set.", examples=[60])]
    adjustable: Annotated[bool, Meta(description="Whether organisations may set it.")]
    own: Annotated[bool, Meta(description="Whether this organisation has set it.")]
    used: Annotated[int | None, Meta(description="What is counted now, for the organisation or for whoever asks.")]


class RateLimitList(Schema):
    """Every rule; `counted_together` is false while each process counts by itself, because Valkey is away."""

    items: list[RateLimit]
    counted_together: bool


class RateLimitAmount(Schema):
    """How often, for a rule."""

    amount: Annotated[int, Meta(ge=1, le=1_000_000, examples=[30])]


class RateLimitSetting(Schema):
    """What the log keeps; null stands for the usual amount."""

    rule: str
    amount: int | None


class WebOrigin(Schema):
    """An origin whose pages may call the API from a browser with a key or an app's token; never with a cookie."""

    id: UUID
    origin: Annotated[str, Meta(examples=["https://app.acme.test"])]
    created_at: datetime


class WebOriginList(Schema):
    """Every origin, in the order of the alphabet."""

    items: list[WebOrigin]


class WebOriginCreate(Schema):
    """An origin to let in: scheme, host and port. With http only on the same machine."""

    origin: Annotated[str, Meta(min_length=1, max_length=300, examples=["https://app.acme.test"])]
