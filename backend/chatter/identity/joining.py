"""Accepting an invitation: as a new person, as a known one, or as the one who is signed in."""

from uuid import UUID

from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.identity.errors import InvitationForAnother, NameMissing, PasswordWrong
from chatter.identity.factor_schemas import SecondFactorAsked
from chatter.identity.mailboxes import note_proof
from chatter.identity.password_rules import require_hard_to_guess
from chatter.identity.passwords import hash_password, verify_password
from chatter.identity.schemas import (
    InvitationAcceptance,
    InvitationKey,
    InvitationPreview,
    OrganizationChoice,
    Profile,
    SessionStarted,
)
from chatter.identity.service import IdentityService
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal
from chatter.rbac.facade import Authorizer
from chatter.tenancy.facade import Invitations, Invited

__all__ = ["Joining"]


class Joining:
    """Opens its own units of work: passwords are hashed outside of any transaction, and the link names the tenant."""

    def __init__(self, identity: IdentityService, jobs: JobQueue, authorizer: Authorizer) -> None:
        self._identity = identity
        self._jobs = jobs
        self._authorizer = authorizer

    async def preview(self, key: InvitationKey) -> InvitationPreview:
        """Raise InvitationInvalid, with one text for every reason."""
        async with self._identity.database.unit(key.organization_id) as session:
            invited = await self._invitations(session).by_token(key.token)
        return InvitationPreview(
            organization_name=invited.organization_name,
            email=invited.row.email,
            role=invited.role,
            role_name=invited.role_name,
            expires_at=invited.row.expires_at,
            known=await self._identity.known(invited.row.email) is not None,
        )

    async def accept(
        self, data: InvitationAcceptance, *, user_agent: str, browser: str
    ) -> SessionStarted | SecondFactorAsked:
        """Join by the link and a password; raises InvitationInvalid, NameMissing, PasswordWrong, AlreadyMember.

        A wrong password does not use the link up.
        """
        preview = await self.preview(InvitationKey(organization_id=data.organization_id, token=data.token))
        known = await self._identity.known(preview.email)
        password_hash = None
        if known is None:
            if data.name is None:
                raise NameMissing("A new person needs a name.", remedy="Send your name with the password.")
            about = (data.name, preview.email.partition("@")[0], preview.organization_name)
            require_hard_to_guess(data.password, about=about)
            password_hash = await hash_password(data.password)
        elif not await verify_password(data.password, known.password_hash):
            raise PasswordWrong("This is not your password.", remedy="Type the password that you sign in with.")
        user_id = known.id if known else new_id()
        name = known.name if known else (data.name or "").strip()
        async with self._identity.database.unit(data.organization_id) as session:
            invitations = self._invitations(session)
            invited = await invitations.by_token(data.token)
            if password_hash:
                await self._identity.create_user(
                    session, user_id=user_id, email=invited.row.email, name=name, password_hash=password_hash
                )
            await invitations.accept(_newcomer(invited, user_id=user_id, name=name), invited)
            await self._note_proof(session, user_id=user_id, email=invited.row.email)
        profile = Profile(id=user_id, email=preview.email, name=name)
        return await self._identity.admitted(profile, user_agent=user_agent, browser=browser)

    async def accept_signed_in(self, principal: Principal, key: InvitationKey) -> OrganizationChoice:
        """Join as the person who is signed in; raises InvitationForAnother when another address was invited."""
        async with self._identity.database.unit(key.organization_id) as session:
            invitations = self._invitations(session)
            invited = await invitations.by_token(key.token)
            if invited.row.email != principal.email:
                raise InvitationForAnother(
                    f"This invitation is for {invited.row.email}; you are signed in as {principal.email}.",
                    remedy="Sign out and open the link again, or ask for an invitation to your own address.",
                )
            newcomer = _newcomer(invited, user_id=principal.user_id, name=principal.name)
            await invitations.accept(structs.replace(newcomer, session_id=principal.session_id), invited)
            await self._note_proof(session, user_id=principal.user_id, email=principal.email)
        return OrganizationChoice(
            id=key.organization_id, name=invited.organization_name, role=invited.role, state="active"
        )

    def _invitations(self, session: AsyncSession) -> Invitations:
        identity = self._identity
        return Invitations(session, self._authorizer, settings=identity.settings, clock=identity.clock, jobs=self._jobs)

    async def _note_proof(self, session: AsyncSession, *, user_id: UUID, email: str) -> None:
        """Whoever has the link reads the address's mails, if a mail server took it there."""
        if self._identity.settings.smtp_url:
            await note_proof(session, user_id=user_id, email=email)


def _newcomer(invited: Invited, *, user_id: UUID, name: str) -> Principal:
    """The person as they will act: no session has been started when they accept."""
    return Principal(
        tenant_id=TenantId(invited.row.tenant_id),
        user_id=UserId(user_id),
        session_id=UUID(int=0),
        role=invited.role,
        email=invited.row.email,
        name=name,
        organization_name=invited.organization_name,
    )
