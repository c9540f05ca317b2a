"""What can go wrong with roles and grants.

ChatterError
├── Forbidden
│   ├── OperatorRefused     403   no visit of the server's operator goes that far, whatever its role
│   ├── PermissionMissing   403   the role does not hold the permission
│   ├── PeopleOnly          403   a service account asks for what only a person may do
│   ├── PermissionNotHeld   403   nobody hands on what they do not hold themselves
│   └── NotManaged          403   seen, but not managed: only who manages a thing shares it
├── Conflict
│   ├── RoleNameTaken       409   another role is called so
│   ├── RoleInUse           409   a member still has the role
│   └── GrantExists         409   this subject has a grant on this thing already
└── Invalid
    ├── UnknownPermission   422   no domain knows the permission
    ├── UnknownKind         422   no domain knows the kind of thing
    └── GrantInvalid        422   a subject without an id, or an end that is over
"""

from chatter.kit.errors import Conflict, Forbidden, Invalid

__all__ = [
    "GrantExists",
    "GrantInvalid",
    "NotManaged",
    "OperatorRefused",
    "PeopleOnly",
    "PermissionMissing",
    "PermissionNotHeld",
    "RoleInUse",
    "RoleNameTaken",
    "UnknownKind",
    "UnknownPermission",
]


class PermissionMissing(Forbidden):
    """The person's role does not hold the permission."""

    code, title = "permission_missing", "Your role does not allow this"


class PeopleOnly(Forbidden):
    """A person, signed in, is needed: a key is no sign-in, and must not be able to make more of itself."""

    code, title = "people_only", "Only a person can do this"

    def __init__(self) -> None:
        super().__init__(
            "This is for people who are signed in; you came with the key of a service account.",
            remedy="Do it in the dashboard, or sign in and use the session's token.",
        )


class OperatorRefused(Forbidden):
    """The server's operator never does this in somebody else's organisation."""

    code, title = "operator_refused", "Not for the operator"

    def __init__(self) -> None:
        super().__init__(
            "The operator of this server may not do this in an organisation, whatever role was granted.",
            remedy="Ask somebody of the organisation to do it.",
        )


class PermissionNotHeld(Forbidden):
    code, title = "permission_not_held", "You can't hand on what you don't hold"


class NotManaged(Forbidden):
    code, title = "not_managed", "You don't manage this"


class RoleNameTaken(Conflict):
    code, title = "role_name_taken", "Another role has this name"


class RoleInUse(Conflict):
    code, title = "role_in_use", "Somebody still has this role"


class GrantExists(Conflict):
    code, title = "grant_exists", "Shared already"


class UnknownPermission(Invalid):
    code, title = "unknown_permission", "There is no such permission"


class UnknownKind(Invalid):
    code, title = "unknown_resource_kind", "Nothing of this kind can be shared"


class GrantInvalid(Invalid):
    code, title = "grant_invalid", "The grant makes no sense"
