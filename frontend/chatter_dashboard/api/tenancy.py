"""Teams, invitations, kept mails, and what changes somebody's standing."""

from uuid import UUID

from chatter.identity.schemas import OrganizationChoice, OrganizationCreate, OrganizationDeletion, OwnershipTransfer
from chatter.kit.schema import Page
from chatter.tenancy.schemas import (
    AutoJoinRole,
    BelongingsCount,
    BelongingsList,
    Invitation,
    InvitationCreate,
    InvitationState,
    KeptMail,
    KeptMailList,
    MailDomain,
    MailDomainCreate,
    MailDomainList,
    MailDomainUpdate,
    Member,
    Offboarding,
    OffboardingList,
    OffboardingOrder,
    Organization,
    RateLimit,
    RateLimitAmount,
    RateLimitList,
    Role,
    SupportGrant,
    SupportGrantCreate,
    SupportGrantList,
    SupportRole,
    Team,
    TeamChange,
    TeamDetail,
    TeamList,
    WebOrigin,
    WebOriginCreate,
    WebOriginList,
)
from chatter_dashboard.api.calls import Calls

__all__ = ["TenancyApi"]


class TenancyApi:
    """`/teams`, `/invitations`, `/mails`, `/organizations`, `/organization/…`, `/members/…/suspend`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def teams(self) -> list[Team]:
        """Every team, by name."""
        return (await self._calls.get("/teams", TeamList)).items

    async def team(self, team_id: UUID) -> TeamDetail:
        """One team with its members."""
        return await self._calls.get(f"/teams/{team_id}", TeamDetail)

    async def create_team(self, name: str) -> Team:
        """Make a team without members."""
        return await self._calls.send("POST", "/teams", Team, body=TeamChange(name=name))

    async def rename_team(self, team_id: UUID, name: str) -> TeamDetail:
        """Give a team another name."""
        return await self._calls.send("PATCH", f"/teams/{team_id}", TeamDetail, body=TeamChange(name=name))

    async def delete_team(self, team_id: UUID) -> None:
        """Delete a team; its members stay in the organisation."""
        await self._calls.act("DELETE", f"/teams/{team_id}")

    async def add_to_team(self, team_id: UUID, user_id: UUID) -> TeamDetail:
        """Put a member into a team."""
        return await self._calls.send("PUT", f"/teams/{team_id}/members/{user_id}", TeamDetail)

    async def remove_from_team(self, team_id: UUID, user_id: UUID) -> None:
        """Take a member out of a team."""
        await self._calls.act("DELETE", f"/teams/{team_id}/members/{user_id}")

    async def invitations(
        self, *, state: InvitationState | None = None, query: str = "", cursor: str | None = None
    ) -> Page[Invitation]:
        """The newest first."""
        wanted: dict[str, str | int | None] = {"state": state, "query": query or None, "cursor": cursor}
        return await self._calls.get("/invitations", Page[Invitation], query=wanted)

    async def invite(self, *, email: str, role: Role, team_ids: list[UUID]) -> Invitation:
        """Invite an address by mail."""
        body = InvitationCreate(email=email, role=role, team_ids=team_ids)
        return await self._calls.send("POST", "/invitations", Invitation, body=body)

    async def resend_invitation(self, invitation_id: UUID) -> Invitation:
        """Send a new link."""
        return await self._calls.send("POST", f"/invitations/{invitation_id}/resend", Invitation)

    async def revoke_invitation(self, invitation_id: UUID) -> None:
        """Withdraw an invitation."""
        await self._calls.act("DELETE", f"/invitations/{invitation_id}")

    async def domains(self) -> list[MailDomain]:
        """Every mail domain, with the record that proves it."""
        return (await self._calls.get("/domains", MailDomainList)).items

    async def add_domain(self, name: str) -> MailDomain:
        """Name a domain, to be verified."""
        return await self._calls.send("POST", "/domains", MailDomain, body=MailDomainCreate(name=name))

    async def verify_domain(self, domain_id: UUID) -> MailDomain:
        """Look for the record."""
        return await self._calls.send("POST", f"/domains/{domain_id}/verify", MailDomain)

    async def set_auto_join(self, domain_id: UUID, *, role: AutoJoinRole | None) -> MailDomain:
        """Say in which role people of a verified domain join by themselves, or that they do not."""
        body = MailDomainUpdate(auto_join_role=role)
        return await self._calls.send("PATCH", f"/domains/{domain_id}", MailDomain, body=body)

    async def remove_domain(self, domain_id: UUID) -> None:
        """Give a domain up."""
        await self._calls.act("DELETE", f"/domains/{domain_id}")

    async def support_grants(self) -> list[SupportGrant]:
        """The newest accesses of the server's operator, with their visits."""
        return (await self._calls.get("/support-grants", SupportGrantList)).items

    async def grant_support(self, *, reason: str, role: SupportRole, hours: int) -> SupportGrant:
        """Let the operator in."""
        body = SupportGrantCreate(reason=reason, role=role, hours=hours)
        return await self._calls.send("POST", "/support-grants", SupportGrant, body=body)

    async def revoke_support(self, grant_id: UUID) -> None:
        """Show the operator out."""
        await self._calls.act("DELETE", f"/support-grants/{grant_id}")

    async def mails(self) -> list[KeptMail]:
        """The mails that were kept on the server, newest first."""
        return (await self._calls.get("/mails", KeptMailList)).items

    async def suspend_member(self, user_id: UUID) -> Member:
        """Keep a member out."""
        return await self._calls.send("POST", f"/members/{user_id}/suspend", Member)

    async def reactivate_member(self, user_id: UUID) -> Member:
        """Let a suspended member in again."""
        return await self._calls.send("POST", f"/members/{user_id}/reactivate", Member)

    async def belongings(self, user_id: UUID) -> list[BelongingsCount]:
        """What a member owns, counted by kind."""
        return (await self._calls.get(f"/members/{user_id}/belongings", BelongingsList)).items

    async def offboard(self, user_id: UUID, *, successor_id: UUID | None, hand_over: list[str]) -> Offboarding:
        """Take a member out; what is not handed over is deleted."""
        body = OffboardingOrder(successor_id=successor_id, hand_over=hand_over)
        return await self._calls.send("POST", f"/members/{user_id}/offboard", Offboarding, body=body)

    async def offboardings(self) -> list[Offboarding]:
        """The newest offboardings and how far they are."""
        return (await self._calls.get("/offboardings", OffboardingList)).items

    async def create_organization(self, name: str) -> OrganizationChoice:
        """Make a further organisation."""
        return await self._calls.send("POST", "/organizations", OrganizationChoice, body=OrganizationCreate(name=name))

    async def organization(self) -> Organization:
        """The organisation one acts in, with its state."""
        return await self._calls.get("/organization", Organization)

    async def request_deletion(self, *, name: str) -> Organization:
        """Close the organisation, which is deleted after its grace period; raises unless one has confirmed lately."""
        body = OrganizationDeletion(name=name)
        return await self._calls.send("POST", "/organization/deletion", Organization, body=body)

    async def restore(self) -> Organization:
        """Undo the deletion."""
        return await self._calls.send("POST", "/organization/restore", Organization)

    async def leave(self) -> None:
        """Leave the organisation."""
        await self._calls.act("POST", "/organization/leave")

    async def transfer_ownership(self, user_id: UUID) -> Member:
        """Make another member the owner; raises unless one has confirmed lately who one is."""
        body = OwnershipTransfer(user_id=user_id)
        return await self._calls.send("POST", "/organization/ownership", Member, body=body)

    async def rate_limits(self) -> RateLimitList:
        """Every rule, with what is in use."""
        return await self._calls.get("/organization/rate-limits", RateLimitList)

    async def set_rate_limit(self, name: str, amount: int) -> RateLimit:
        """Let another amount hold here."""
        body = RateLimitAmount(amount=amount)
        return await self._calls.send("PUT", f"/organization/rate-limits/{name}", RateLimit, body=body)

    async def reset_rate_limit(self, name: str) -> RateLimit:
        """Let the usual amount hold again."""
        return await self._calls.send("DELETE", f"/organization/rate-limits/{name}", RateLimit)

    async def web_origins(self) -> list[WebOrigin]:
        """The origins whose pages may call the API."""
        return (await self._calls.get("/organization/web-origins", WebOriginList)).items

    async def add_web_origin(self, origin: str) -> WebOrigin:
        """Let the pages of an origin in."""
        body = WebOriginCreate(origin=origin)
        return await self._calls.send("POST", "/organization/web-origins", WebOrigin, body=body)

    async def remove_web_origin(self, origin_id: UUID) -> None:
        """Let the pages of an origin in no more."""
        await self._calls.act("DELETE", f"/organization/web-origins/{origin_id}")
