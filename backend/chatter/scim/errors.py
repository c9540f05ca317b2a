"""What can go wrong when a directory is connected, and when it provisions.

ChatterError
├── Invalid
│   ├── ScimLifetimeInvalid  422   the token would not work
│   └── RoleUnknown          422   a directory names a role that is not here
├── Forbidden
│   ├── DomainNotOurs        403   an address in a domain that the organisation has not proven
│   └── AddressElsewhere     403   an address that is not this organisation's alone to change
├── Conflict
│   ├── UserNameTaken        409   another entry of the directory has the name
│   ├── PersonTaken          409   another entry of the directory is this person
│   └── GroupNameTaken       409   a team has the name
└── TokenRefused             401   no token, or one that does not work any more
"""

from chatter.kit.errors import Conflict, Forbidden, Invalid, Unauthenticated

__all__ = [
    "AddressElsewhere",
    "DomainNotOurs",
    "GroupNameTaken",
    "PersonTaken",
    "RoleUnknown",
    "ScimLifetimeInvalid",
    "TokenRefused",
    "UserNameTaken",
]


class ScimLifetimeInvalid(Invalid):
    code, title = "scim_lifetime_invalid", "The token would not work"


class RoleUnknown(Invalid):
    code, title = "role_unknown", "There is no such role"


class DomainNotOurs(Forbidden):
    """Says the same for an address that somebody has and for one that nobody has."""

    code, title = "domain_not_ours", "This domain is not proven"

    def __init__(self, address: str) -> None:
        super().__init__(
            f"{address} is in a domain that this organisation has not verified.",
            remedy="Verify the domain in Chatter (Domains), or invite the person.",
        )


class AddressElsewhere(Forbidden):
    """A sign-in address that is not this organisation's alone to change."""

    code, title = "address_elsewhere", "This address can't be changed here"

    def __init__(self) -> None:
        super().__init__(
            "This person's sign-in address is not this organisation's to change: they belong to others too, or one of "
            "the two domains is not verified.",
            remedy="Have the person change it, or delete the user and create it anew.",
        )


class UserNameTaken(Conflict):
    code, title = "uniqueness", "There is such a user already"


class PersonTaken(Conflict):
    code, title = "uniqueness", "Another user is this person"


class GroupNameTaken(Conflict):
    code, title = "uniqueness", "There is such a team already"


class TokenRefused(Unauthenticated):
    """One text for every reason."""

    code, title = "token_refused", "The token does not work"

    def __init__(self) -> None:
        super().__init__(
            "This SCIM token was revoked, has expired, or never existed.",
            remedy="Make another in Chatter (Directory) and send it as “Authorization: Bearer …”.",
        )
