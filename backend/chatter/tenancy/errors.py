"""What can go wrong with organisations and members."""

from chatter.kit.errors import Conflict, Forbidden

__all__ = ["AlreadyMember", "LastOwner", "OwnerOnly"]


class AlreadyMember(Conflict):
    code, title = "already_member", "Already a member"


class LastOwner(Conflict):
    code, title = "last_owner", "An organisation needs an owner"


class OwnerOnly(Forbidden):
    code, title = "owner_only", "Only an owner may do this"
