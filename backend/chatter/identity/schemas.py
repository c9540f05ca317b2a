"""People and sign-ins, as the API shows them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from chatter.kit.schema import Schema
from chatter.tenancy.schemas import Member, OrganizationName, Role

__all__ = [
    "Me",
    "MemberAdded",
    "MemberCreate",
    "OrganizationChoice",
    "PasswordChange",
    "Profile",
    "ProfileUpdate",
    "SessionStarted",
    "Setup",
    "SignIn",
    "SignUp",
]

Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+$", examples=["dana@acme.test"])]
Password = Annotated[str, Meta(min_length=10, max_length=200, examples=["correct horse battery staple"])]
PersonName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S", examples=["Dana Reyes"])]


class Setup(Schema):
    """Whether somebody may sign up, and whether that would be the first person here."""

    first_person: bool
    sign_up_open: bool


class SignUp(Schema):
    """A new person with a new organisation, which the person will own."""

    organization_name: OrganizationName
    name: PersonName
    email: Email
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


class OrganizationChoice(Schema):
    """An organisation that the person belongs to."""

    id: UUID
    name: str
    role: Role


class SessionStarted(Schema):
    """A sign-in. The token is for programs (`Authorization: Bearer`); browsers get it as a cookie."""

    token: str
    expires_at: datetime
    user: Profile
    organizations: list[OrganizationChoice]


class Me(Schema):
    """Who I am, where I act, what I may do."""

    user: Profile
    organization: OrganizationChoice
    organizations: list[OrganizationChoice]
    role: Role
    role_name: Annotated[str, Meta(examples=["Member"])]
    permissions: list[str]


class MemberCreate(Schema):
    """A person to let into the organisation."""

    email: Email
    name: PersonName
    role: Role = "member"


class MemberAdded(Schema):
    """The new member. `initial_password` is shown this once, and only for a person who is new here."""

    member: Member
    initial_password: str | None = None
