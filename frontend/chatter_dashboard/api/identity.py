"""Sign-in, oneself, the organisation and its members."""

from uuid import UUID

from chatter.identity.schemas import (
    Confirmation,
    Confirmed,
    DeviceSession,
    DeviceSessionList,
    Me,
    PasswordChange,
    Profile,
    ProfileUpdate,
    SessionLifetimes,
    SessionStanding,
    Setup,
)
from chatter.tenancy.schemas import Member, MemberList, Organization, OrganizationUpdate, Role, RoleChange
from chatter_dashboard.api.calls import Calls

__all__ = ["IdentityApi"]


class IdentityApi:
    """`/auth`, `/me`, `/organization`, `/members`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def setup(self) -> Setup:
        """Whether one may sign up here."""
        return await self._calls.get("/auth/setup", Setup)

    async def me(self) -> Me:
        """Who is signed in, and what that person may do."""
        return await self._calls.get("/me", Me)

    async def session(self) -> SessionStanding:
        """Whether the session stands, at the price of one statement."""
        return await self._calls.get("/auth/session", SessionStanding)

    async def my_sessions(self) -> list[DeviceSession]:
        """Where one is signed in."""
        return (await self._calls.get("/me/sessions", DeviceSessionList)).items

    async def end_session(self, session_id: UUID) -> None:
        """Sign one of one's own devices out."""
        await self._calls.act("DELETE", f"/me/sessions/{session_id}")

    async def end_other_sessions(self) -> None:
        """Sign all of one's own devices out but this one."""
        await self._calls.act("DELETE", "/me/sessions")

    async def sign_out_member(self, user_id: UUID) -> None:
        """Have a member sign in anew on every device."""
        await self._calls.act("POST", f"/members/{user_id}/sign-out")

    async def session_lifetimes(self) -> SessionLifetimes:
        """How long sessions open the organisation."""
        return await self._calls.get("/organization/session-lifetimes", SessionLifetimes)

    async def set_session_lifetimes(self, lifetimes: SessionLifetimes) -> SessionLifetimes:
        """Change how long sessions open the organisation."""
        return await self._calls.send("PUT", "/organization/session-lifetimes", SessionLifetimes, body=lifetimes)

    async def rename_me(self, name: str) -> Profile:
        """Change one's own name."""
        return await self._calls.send("PATCH", "/me", Profile, body=ProfileUpdate(name=name))

    async def confirm(self, password: str) -> Confirmed:
        """Prove once more that it is oneself, for what asks for a recent proof."""
        return await self._calls.send("POST", "/auth/confirm", Confirmed, body=Confirmation(password=password))

    async def change_password(self, *, current: str, new: str) -> None:
        """Change one's own password; one's other sessions end."""
        await self._calls.act("POST", "/me/password", body=PasswordChange(current=current, new=new))

    async def request_email_proof(self) -> None:
        """Have a link sent that proves one's own address."""
        await self._calls.act("POST", "/me/email/proof")

    async def rename_organization(self, name: str) -> Organization:
        """Change the organisation's name."""
        return await self._calls.send("PATCH", "/organization", Organization, body=OrganizationUpdate(name=name))

    async def members(self) -> list[Member]:
        """Everybody in the organisation."""
        return (await self._calls.get("/members", MemberList)).items

    async def change_role(self, user_id: UUID, *, role: Role) -> Member:
        """Give a member another role."""
        return await self._calls.send("PATCH", f"/members/{user_id}", Member, body=RoleChange(role=role))

    async def remove_member(self, user_id: UUID) -> None:
        """Take a member out of the organisation."""
        await self._calls.act("DELETE", f"/members/{user_id}")
