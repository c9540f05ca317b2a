"""One's own sessions, and ending them: what a person does about a device that is lost or was never theirs."""

from ipaddress import ip_address
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.events import MemberSignedOut, OtherSessionsRevoked, SessionRevoked
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import DeviceSession
from chatter.identity.user_agents import device_of
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.kit.telemetry import client_address
from chatter.rbac.facade import Authorizer
from chatter.tenancy.facade import TenancyService

__all__ = ["Devices"]

_LIST = text("select * from sessions_of(:own)")
_END = text("select session_end_of_same(:own, :ended)")
_END_OTHERS = text("select sessions_end_of_same(:own)")


class Devices:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal

    async def listed(self) -> list[DeviceSession]:
        """The sessions that stand; with one that an organisation vouches for, those alone that it vouches for."""
        here = client_address.get()
        rows = await self._session.execute(_LIST, {"own": self._principal.session_id})
        return [
            DeviceSession(
                id=row.id,
                device=device_of(row.user_agent),
                address=row.address,
                network=_network(row.address, here=here),
                methods=row.methods,
                created_at=row.created_at,
                last_used_at=row.last_used_at,
                expires_at=row.expires_at,
                current=row.id == self._principal.session_id,
                bound=row.bound,
            )
            for row in rows
        ]

    async def end(self, session_id: UUID) -> None:
        """End one of one's own sessions; raises NotFound for anybody else's."""
        own = self._principal
        if not await self._session.scalar(_END, {"own": own.session_id, "ended": session_id}):
            raise NotFound
        await record(self._session, own, IdentityAction.SESSION_REVOKED, target=session_id)
        emit(self._session, SessionRevoked(user_id=own.user_id, session_id=session_id))

    async def end_others(self) -> None:
        """End all of one's own sessions but the one that asks."""
        own = self._principal
        await self._session.execute(_END_OTHERS, {"own": own.session_id})
        await record(self._session, own, IdentityAction.OTHER_SESSIONS_REVOKED, target=own.user_id)
        emit(self._session, OtherSessionsRevoked(user_id=own.user_id, bound=own.bound))

    async def sign_out_member(self, user_id: UUID, authorizer: Authorizer) -> None:
        """Have a member sign in anew on every device, to come in here again. It ends nothing that is not ours."""
        await TenancyService(self._session).sign_out_member(self._principal, user_id=user_id, authorizer=authorizer)
        await record(self._session, self._principal, IdentityAction.MEMBER_SIGNED_OUT, target=user_id)
        emit(self._session, MemberSignedOut(user_id=user_id))


def _network(address: str | None, *, here: str | None) -> Literal["here", "private", "elsewhere", "unknown"]:
    if address is None:
        return "unknown"
    if address == here:
        return "here"
    return "private" if ip_address(address).is_private else "elsewhere"
