"""Invitations: the rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.clock import Clock
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.jobs import JobQueue
from chatter.kit.pagination import Cursor
from chatter.kit.principal import Principal
from chatter.kit.schema import Page
from chatter.kit.settings import Settings
from chatter.rbac.facade import Authorizer, role_names
from chatter.tenancy.errors import AlreadyInvited, AlreadyMember, InvitationInvalid, InvitationSettled, OwnerOnly
from chatter.tenancy.events import InvitationAccepted, InvitationCreated, InvitationResent, InvitationRevoked
from chatter.tenancy.invitation_mail import SEND_INVITATION, SendInvitation
from chatter.tenancy.invitation_tokens import digest, invitation_token
from chatter.tenancy.models import Invitation as Row
from chatter.tenancy.models import InvitationTeam, Membership, Team, TeamMember
from chatter.tenancy.models import Organization as OrganizationRow
from chatter.tenancy.permissions import TenancyAction
from chatter.tenancy.schemas import Invitation, InvitationCreate, InvitationState, Role

__all__ = ["VALID_FOR", "Invitations", "Invited"]

VALID_FOR = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Invited:
    """What the holder of a working link may know."""

    row: Row
    organization_name: str
    role_name: str

    @property
    def role(self) -> Role:
        return self.row.role


class Invitations:
    """Works in the unit of work that it is given."""

    def __init__(
        self, session: AsyncSession, authorizer: Authorizer, *, settings: Settings, clock: Clock, jobs: JobQueue
    ) -> None:
        self._session = session
        self._authorizer = authorizer
        self._settings = settings
        self._clock = clock
        self._jobs = jobs

    async def newest(
        self, *, state: InvitationState | None, query: str, after: Cursor | None, limit: int
    ) -> Page[Invitation]:
        """Those in a state, and whose address holds the query, beyond the cursor."""
        wanted = select(Row).order_by(Row.created_at.desc(), Row.id.desc()).limit(limit + 1)
        if state is not None:
            wanted = wanted.where(*self._in_state(state))
        if query:
            wanted = wanted.where(Row.email.contains(query.strip().lower(), autoescape=True))
        if after is not None:
            wanted = wanted.where(tuple_(Row.created_at, Row.id) < tuple_(after.created_at, after.id))
        rows = (await self._session.scalars(wanted)).all()
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(
            items=await self._all_shown(rows[:limit]),
            next_cursor=Cursor(last.created_at, last.id).encode() if last else None,
        )

    async def create(self, principal: Principal, data: InvitationCreate) -> Invitation:
        """Invite an address; raises OwnerOnly, PermissionNotHeld, AlreadyMember, AlreadyInvited.

        Tells of no other organisation.
        """
        await self._require_may_give(principal, data.role)
        email = data.email.lower()
        await self._refuse_known(email)
        row = Row(id=new_id(), tenant_id=principal.tenant_id, email=email, role=data.role, serial=0)
        self._renew(principal, row)
        self._session.add(row)
        await self._session.flush()
        team_ids = await self._add_teams(row, data.team_ids)
        await self._session.refresh(row)
        await self._send(row)
        after = InvitationCreate(email=email, role=data.role, team_ids=team_ids)
        await record(self._session, principal, TenancyAction.INVITATION_CREATED, target=row.id, after=after)
        emit(self._session, InvitationCreated(invitation_id=row.id))
        return (await self._all_shown([row]))[0]

    async def resend(self, principal: Principal, invitation_id: UUID) -> Invitation:
        """Send a new link, valid from now; the one before stops to work."""
        row = await self._open(invitation_id)
        await self._require_may_give(principal, row.role)
        self._renew(principal, row)
        await self._session.flush()
        await self._session.refresh(row)
        await self._send(row)
        await record(self._session, principal, TenancyAction.INVITATION_RESENT, target=row.id)
        emit(self._session, InvitationResent(invitation_id=row.id))
        return (await self._all_shown([row]))[0]

    async def revoke(self, principal: Principal, invitation_id: UUID) -> None:
        row = await self._open(invitation_id)
        row.revoked_at = self._clock.now()
        await record(self._session, principal, TenancyAction.INVITATION_REVOKED, target=row.id)
        emit(self._session, InvitationRevoked(invitation_id=row.id))

    async def by_token(self, token: str) -> Invited:
        """The invitation behind a link, locked; raises InvitationInvalid when it does not work (any more)."""
        found = await self._that_works(Row.token_hash == digest(token))
        if found is None:
            raise InvitationInvalid
        return found

    async def by_email(self, email: str) -> Invited | None:
        """The open invitation of an address, locked; for whoever has proven by other means than the link to read it."""
        return await self._that_works(Row.email == email, Row.accepted_at.is_(None), Row.revoked_at.is_(None))

    async def accept(self, principal: Principal, invited: Invited) -> None:
        """Make the principal, whose address was invited, a member; raises AlreadyMember."""
        row = invited.row
        if await self._session.get(Membership, (row.tenant_id, principal.user_id)):
            raise AlreadyMember(
                "You belong to this organisation already.", remedy="Sign in and choose it at the top of the sidebar."
            )
        row.accepted_at = self._clock.now()
        self._session.add(Membership(tenant_id=row.tenant_id, user_id=principal.user_id, role=row.role))
        await self._session.flush()
        for team_id in (await self._teams([row.id])).get(row.id, []):
            self._session.add(TeamMember(tenant_id=row.tenant_id, team_id=team_id, user_id=principal.user_id))
        await record(self._session, principal, TenancyAction.INVITATION_ACCEPTED, target=row.id)
        emit(self._session, InvitationAccepted(invitation_id=row.id, user_id=principal.user_id))

    async def _that_works(self, *is_it: ColumnElement[bool]) -> Invited | None:
        """An invitation is worth what its inviter could still give."""
        row = await self._session.scalar(select(Row).where(*is_it).with_for_update())
        organization = await self._session.scalar(select(OrganizationRow))
        if row is None or organization is None or self._state(row) != "pending" or organization.state != "active":
            return None
        inviter = await self._session.get(Membership, (row.tenant_id, row.invited_by))
        if inviter is None or inviter.suspended_at is not None or not await self._could_give(inviter, row.role):
            return None
        names = await role_names(self._session, tenant_id=row.tenant_id)
        return Invited(row=row, organization_name=organization.name, role_name=_role_name(row.role, names))

    async def _require_may_give(self, principal: Principal, role: Role) -> None:
        if role == "owner" and principal.role != "owner":
            raise OwnerOnly("Only an owner can invite another owner.", remedy="Ask an owner, or choose another role.")
        await self._authorizer.require_assignable(principal, role)

    async def _could_give(self, inviter: Membership, role: Role) -> bool:
        if role == "owner":
            return inviter.role == "owner"
        return await self._authorizer.covers(inviter.tenant_id, inviter.role, role)

    def _renew(self, principal: Principal, row: Row) -> None:
        row.serial += 1
        row.invited_by = principal.user_id
        row.expires_at = self._clock.now() + VALID_FOR
        row.mail_state, row.mail_error = "queued", None
        token = invitation_token(
            self._settings.secret_key, tenant_id=row.tenant_id, invitation_id=row.id, serial=row.serial
        )
        row.token_hash = digest(token)

    async def _send(self, row: Row) -> None:
        payload = SendInvitation(invitation_id=row.id, serial=row.serial)
        await self._jobs.enqueue(self._session, SEND_INVITATION, payload, subject=row.id)

    async def _refuse_known(self, email: str) -> None:
        member = text("select true from members_of_bound_tenant() where email = :email")
        if await self._session.scalar(member, {"email": email}):
            raise AlreadyMember("This person is a member already.", remedy="Change the role in the list of members.")
        is_open = (Row.email == email, Row.accepted_at.is_(None), Row.revoked_at.is_(None))
        row = await self._session.scalar(select(Row).where(*is_open).with_for_update())
        if row is None:
            return
        if self._state(row) == "pending":
            raise AlreadyInvited("This address has an open invitation.", remedy="Send it again, or withdraw it first.")
        await self._session.execute(delete(Row).where(Row.id == row.id))

    async def _add_teams(self, row: Row, team_ids: Sequence[UUID]) -> list[UUID]:
        wanted = sorted(set(team_ids))
        known = (await self._session.scalars(select(Team.id).where(Team.id.in_(wanted)))).all() if wanted else []
        if len(known) != len(wanted):
            raise NotFound
        for team_id in wanted:
            self._session.add(InvitationTeam(tenant_id=row.tenant_id, invitation_id=row.id, team_id=team_id))
        return wanted

    async def _open(self, invitation_id: UUID) -> Row:
        row = await self._session.scalar(select(Row).where(Row.id == invitation_id).with_for_update())
        if row is None:
            raise NotFound
        if row.accepted_at or row.revoked_at:
            raise InvitationSettled("This invitation was accepted or withdrawn.", remedy="Make a new one.")
        return row

    async def _teams(self, ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
        rows = await self._session.scalars(select(InvitationTeam).where(InvitationTeam.invitation_id.in_(ids)))
        found: dict[UUID, list[UUID]] = {}
        for row in rows:
            found.setdefault(row.invitation_id, []).append(row.team_id)
        return found

    def _in_state(self, state: InvitationState) -> list[ColumnElement[bool]]:
        now = self._clock.now()
        is_open: list[ColumnElement[bool]] = [Row.accepted_at.is_(None), Row.revoked_at.is_(None)]
        conditions: dict[InvitationState, list[ColumnElement[bool]]] = {
            "accepted": [Row.accepted_at.is_not(None)],
            "revoked": [Row.accepted_at.is_(None), Row.revoked_at.is_not(None)],
            "pending": [*is_open, Row.expires_at > now],
            "expired": [*is_open, Row.expires_at <= now],
        }
        return conditions[state]

    def _state(self, row: Row) -> InvitationState:
        if row.accepted_at:
            return "accepted"
        if row.revoked_at:
            return "revoked"
        return "pending" if row.expires_at > self._clock.now() else "expired"

    async def _all_shown(self, rows: Sequence[Row]) -> list[Invitation]:
        teams = await self._teams([row.id for row in rows])
        names = await role_names(self._session, tenant_id=self._session.info["tenant_id"])
        return [self._shown(row, teams.get(row.id, []), role_name=_role_name(row.role, names)) for row in rows]

    def _shown(self, row: Row, team_ids: Sequence[UUID], *, role_name: str) -> Invitation:
        return Invitation(
            id=row.id,
            email=row.email,
            role=row.role,
            role_name=role_name,
            team_ids=[*team_ids],
            state=self._state(row),
            mail_state=_mail_state(row.mail_state),
            mail_error=row.mail_error,
            invited_by=row.invited_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )


def _role_name(role: Role, names: Mapping[str, str]) -> str:
    """What people call a role; nothing for one that is gone."""
    return names.get(role, "" if role.startswith("custom:") else role.capitalize())


def _mail_state(value: str) -> Literal["queued", "sent", "failed"]:
    return "sent" if value == "sent" else "failed" if value == "failed" else "queued"
