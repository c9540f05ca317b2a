"""What can go wrong with organisations, members, invitations and teams."""

from chatter.kit.errors import Conflict, Forbidden, Invalid, NotFound

__all__ = [
    "AlreadyInvited",
    "AlreadyMember",
    "BelongingsUnknown",
    "DomainClaimed",
    "DomainTaken",
    "DomainUnproven",
    "InvitationInvalid",
    "InvitationSettled",
    "LastOwner",
    "MailsElsewhere",
    "MembershipOwn",
    "NotDeleting",
    "OrganizationDeleting",
    "OrganizationSuspended",
    "OriginInvalid",
    "OriginListed",
    "OriginsTooMany",
    "OwnerIsPerson",
    "OwnerOnly",
    "RateLimitOutOfBounds",
    "RateLimitUnknown",
    "RoleAboveOwn",
    "SuccessorUnfit",
    "SupportLinkInvalid",
    "SupportNotGranted",
    "SupportSettled",
    "TeamNameTaken",
]


class AlreadyMember(Conflict):
    code, title = "already_member", "Already a member"


class AlreadyInvited(Conflict):
    code, title = "already_invited", "Already invited"


class LastOwner(Conflict):
    code, title = "last_owner", "An organisation needs an owner"


class MembershipOwn(Conflict):
    code, title = "membership_own", "Not on oneself"


class SuccessorUnfit(Conflict):
    code, title = "successor_unfit", "This person can not take over"


class BelongingsUnknown(Invalid):
    code, title = "belongings_unknown", "There is no such kind of thing"


class DomainClaimed(Conflict):
    code, title = "domain_claimed", "This domain is in the list already"


class DomainTaken(Conflict):
    code, title = "domain_taken", "This domain belongs to another organisation"


class DomainUnproven(Conflict):
    code, title = "domain_unproven", "This domain is not proven"


class TeamNameTaken(Conflict):
    code, title = "team_name_taken", "There is such a team already"


class InvitationSettled(Conflict):
    code, title = "invitation_settled", "This invitation is settled"


class InvitationInvalid(NotFound):
    """One text for every reason: a token that never existed, was used, revoked, replaced, or came too late."""

    code, title = "invitation_invalid", "This invitation does not work"

    def __init__(self) -> None:
        super().__init__(
            "This invitation was used, withdrawn, replaced by a newer one, or has expired.",
            remedy="Ask whoever invited you to send it again.",
        )


class MailsElsewhere(Forbidden):
    code, title = "mails_elsewhere", "There are no mails to read here"

    def __init__(self) -> None:
        super().__init__(
            "This server's mails are sent, or are for whoever set it up to read.",
            remedy="Ask the operator of this server: `chatter mails` shows what it keeps.",
        )


class NotDeleting(Conflict):
    code, title = "not_deleting", "This organisation is not being deleted"


class OwnerOnly(Forbidden):
    code, title = "owner_only", "Only an owner may do this"


class OwnerIsPerson(Invalid):
    code, title = "owner_is_person", "An owner is a person"


class RoleAboveOwn(Forbidden):
    code, title = "role_above_own", "This role is above your own"


class OrganizationSuspended(Forbidden):
    code, title = "organization_suspended", "This organisation is suspended"

    def __init__(self) -> None:
        super().__init__(
            "This organisation was suspended by the operator of this server.",
            remedy="Ask the operator, or switch to another organisation.",
        )


class OrganizationDeleting(Forbidden):
    code, title = "organization_deleting", "This organisation is being deleted"

    def __init__(self) -> None:
        super().__init__(
            "This organisation is being deleted.", remedy="An owner can restore it until its grace period ends."
        )


class SupportSettled(Conflict):
    code, title = "support_settled", "This access is over already"


class SupportNotGranted(Conflict):
    """No organisation is entered that did not ask for it."""

    code, title = "support_not_granted", "The organisation has granted no access"


class SupportLinkInvalid(NotFound):
    """One text for every reason: a link that never existed, was used, came too late, or whose grant is over."""

    code, title = "support_link_invalid", "This link does not work"

    def __init__(self) -> None:
        super().__init__(
            "This link was used, has expired, or the access that it rests on is over.",
            remedy="Make a new one on the server: `chatter support enter`.",
        )


class RateLimitUnknown(NotFound):
    code, title = "rate_limit_unknown", "There is no such rate limit"

    def __init__(self) -> None:
        super().__init__(
            "No rate limit of this name can be set by an organisation.", remedy="Take a name from the list of them."
        )


class RateLimitOutOfBounds(Invalid):
    code, title = "rate_limit_out_of_bounds", "The amount is out of bounds"


class OriginInvalid(Invalid):
    code, title = "origin_invalid", "This can't be a web origin here"

    def __init__(self, detail: str) -> None:
        super().__init__(
            detail,
            remedy="Type it like https://app.example.com, as the page's own `location.origin` says; "
            "with http only for a page on the same machine, like http://localhost:3000.",
        )


class OriginListed(Conflict):
    code, title = "origin_listed", "This origin is listed already"


class OriginsTooMany(Conflict):
    code, title = "origins_too_many", "There are too many web origins"
