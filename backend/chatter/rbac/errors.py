"""What can go wrong with roles and grants.

ChatterError
├── Forbidden
│   ├── DirectoryOnly       403   a SCIM token is for SCIM, and SCIM is for such tokens
│   ├── OperatorRefused     403   no visit of the server's operator goes that far, whatever its role
│   ├── PermissionMissing   403   the role does not hold the permission
│   ├── ScopeMissing        403   the key or app was given less than this needs
│   ├── PeopleOnly          403   a key or an app asks for what only a person may do
│   ├── RecentProofRequired 403   it is too long ago that the person has proven who they are
│   ├── SessionBound        403   an organisation vouches for the person, who asks for what goes beyond it
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
    "DirectoryOnly",
    "GrantExists",
    "GrantInvalid",
    "NotManaged",
    "OperatorRefused",
    "PeopleOnly",
    "PermissionMissing",
    "PermissionNotHeld",
    "RecentProofRequired",
    "RoleInUse",
    "RoleNameTaken",
    "ScopeMissing",
    "SessionBound",
    "UnknownKind",
    "UnknownPermission",
]


class PermissionMissing(Forbidden):
    """The person's role does not hold the permission."""

    code, title = "permission_missing", "Your role does not allow this"


class ScopeMissing(Forbidden):
    """The role may well hold the permission: what acts for its holder was given less."""

    code, title = "scope_missing", "The key or app was not given this"

    def __init__(self, detail: str, *, needed: str | None = None) -> None:
        super().__init__(detail, remedy="Make a key with this permission, or let the app ask for it.")
        scope = f', scope="{needed}"' if needed else ""
        self.challenge = f'error="insufficient_scope"{scope}'


class PeopleOnly(Forbidden):
    """A person, signed in, is needed: a key is no sign-in, and must not be able to make more of itself."""

    code, title = "people_only", "Only a person can do this"

    def __init__(self) -> None:
        super().__init__(
            "This is for people who are signed in; you came with a key, or as an app.",
            remedy="Do it in the dashboard, or sign in and use the session's token.",
        )


class RecentProofRequired(Forbidden):
    """A session alone does not suffice: whoever sits down at an open screen would have it."""

    code, title = "recent_proof_required", "Please confirm that it is you"

    def __init__(self) -> None:
        super().__init__(
            "This needs a proof from the last ten minutes that it is you.",
            remedy="Confirm with your password, or another way in which you sign in, and send the request again.",
        )


class SessionBound(Forbidden):
    """An organisation's identity provider says who its people are to that organisation, and to nobody else."""

    code, title = "session_bound", "This sign-in is good for one organisation"

    def __init__(self) -> None:
        super().__init__(
            "You signed in with this organisation's own sign-in, which opens this organisation alone.",
            remedy="Sign in to your account here, with a password or a passkey, and try again.",
        )


class DirectoryOnly(Forbidden):
    """What directories provision by is theirs alone, and they do nothing else."""

    code, title = "directory_only", "Only for directories"

    def __init__(self) -> None:
        super().__init__(
            "A SCIM token opens the SCIM routes and nothing else; nothing else opens these.",
            remedy="Use an API key for the API, and a SCIM token for a directory.",
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
