"""What other domains may hear about organisations."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = [
    "DomainAdded",
    "DomainRemoved",
    "DomainUpdated",
    "DomainVerified",
    "InvitationAccepted",
    "InvitationCreated",
    "InvitationResent",
    "InvitationRevoked",
    "MemberAdded",
    "MemberOffboarded",
    "MemberReactivated",
    "MemberRemoved",
    "MemberRoleChanged",
    "MemberSuspended",
    "OrganizationCreated",
    "OrganizationDeletionRequested",
    "OrganizationPurged",
    "OrganizationRestored",
    "OrganizationResumed",
    "OrganizationSuspended",
    "OrganizationUpdated",
    "RateLimitChanged",
    "SupportGranted",
    "SupportRevoked",
    "SupportVisitEnded",
    "SupportVisitEntered",
    "SupportVisitOpened",
    "TeamChanged",
    "TeamCreated",
    "TeamDeleted",
    "WebOriginAdded",
    "WebOriginRemoved",
]


class OrganizationCreated(Event):
    name: ClassVar[str] = "tenancy.organization.created"
    organization_id: UUID


class OrganizationUpdated(Event):
    name: ClassVar[str] = "tenancy.organization.updated"
    organization_id: UUID


class MemberAdded(Event):
    name: ClassVar[str] = "tenancy.member.added"
    user_id: UUID
    role: str


class MemberRoleChanged(Event):
    name: ClassVar[str] = "tenancy.member.role_changed"
    user_id: UUID
    role: str


class MemberRemoved(Event):
    name: ClassVar[str] = "tenancy.member.removed"
    user_id: UUID


class MemberSuspended(Event):
    name: ClassVar[str] = "tenancy.member.suspended"
    user_id: UUID


class MemberReactivated(Event):
    name: ClassVar[str] = "tenancy.member.reactivated"
    user_id: UUID


class MemberOffboarded(Event):
    name: ClassVar[str] = "tenancy.member.offboarded"
    user_id: UUID
    offboarding_id: UUID


class OrganizationSuspended(Event):
    name: ClassVar[str] = "tenancy.organization.suspended"
    organization_id: UUID


class OrganizationResumed(Event):
    name: ClassVar[str] = "tenancy.organization.resumed"
    organization_id: UUID


class OrganizationDeletionRequested(Event):
    name: ClassVar[str] = "tenancy.organization.deletion_requested"
    organization_id: UUID


class OrganizationRestored(Event):
    name: ClassVar[str] = "tenancy.organization.restored"
    organization_id: UUID


class OrganizationPurged(Event):
    name: ClassVar[str] = "tenancy.organization.purged"
    organization_id: UUID


class DomainAdded(Event):
    name: ClassVar[str] = "tenancy.domain.added"
    domain_id: UUID


class DomainUpdated(Event):
    name: ClassVar[str] = "tenancy.domain.updated"
    domain_id: UUID


class DomainVerified(Event):
    name: ClassVar[str] = "tenancy.domain.verified"
    domain_id: UUID


class DomainRemoved(Event):
    name: ClassVar[str] = "tenancy.domain.removed"
    domain_id: UUID


class InvitationCreated(Event):
    name: ClassVar[str] = "tenancy.invitation.created"
    invitation_id: UUID


class InvitationResent(Event):
    name: ClassVar[str] = "tenancy.invitation.resent"
    invitation_id: UUID


class InvitationRevoked(Event):
    name: ClassVar[str] = "tenancy.invitation.revoked"
    invitation_id: UUID


class InvitationAccepted(Event):
    name: ClassVar[str] = "tenancy.invitation.accepted"
    invitation_id: UUID
    user_id: UUID


class TeamCreated(Event):
    name: ClassVar[str] = "tenancy.team.created"
    team_id: UUID


class TeamChanged(Event):
    """Its name or its members."""

    name: ClassVar[str] = "tenancy.team.changed"
    team_id: UUID


class TeamDeleted(Event):
    name: ClassVar[str] = "tenancy.team.deleted"
    team_id: UUID


class SupportGranted(Event):
    name: ClassVar[str] = "tenancy.support_grant.created"
    grant_id: UUID


class SupportRevoked(Event):
    name: ClassVar[str] = "tenancy.support_grant.revoked"
    grant_id: UUID


class SupportVisitOpened(Event):
    """The operator has a link; nobody is in yet."""

    name: ClassVar[str] = "tenancy.support_visit.opened"
    visit_id: UUID


class SupportVisitEntered(Event):
    name: ClassVar[str] = "tenancy.support_visit.entered"
    visit_id: UUID


class SupportVisitEnded(Event):
    name: ClassVar[str] = "tenancy.support_visit.ended"
    visit_id: UUID


class RateLimitChanged(Event):
    name: ClassVar[str] = "tenancy.rate_limit.changed"
    rule: str


class WebOriginAdded(Event):
    name: ClassVar[str] = "tenancy.web_origin.added"
    origin_id: UUID


class WebOriginRemoved(Event):
    name: ClassVar[str] = "tenancy.web_origin.removed"
    origin_id: UUID
