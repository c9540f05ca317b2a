"""Proving once more, within a session, that one is its person: what a dangerous act asks for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chatter.audit.facade import record
from chatter.identity.errors import PasswordWrong
from chatter.identity.events import SessionConfirmed
from chatter.identity.methods import SignInMethod
from chatter.identity.passwords import verify_password
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import Confirmation, Confirmed
from chatter.kit.db.database import Database
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.rbac.facade import RECENT

__all__ = ["Confirming"]

_CONFIRM = text("select session_confirm(:id, :method)")


class Confirming:
    """Opens its own units of work: a proof is verified outside of any transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def confirm(self, principal: Principal, data: Confirmation) -> Confirmed:
        """Renew the proof of this session by the person's password; raises PasswordWrong."""
        if not await self._is_password_of(principal.user_id, data.password):
            raise PasswordWrong("This is not your password.", remedy="Type the password that you sign in with.")
        return await self.note(principal, SignInMethod.PASSWORD)

    async def note(self, principal: Principal, method: SignInMethod) -> Confirmed:
        """Remember that the person of this session has just proven who they are, in this way."""
        async with self._database.unit(principal.tenant_id) as session:
            proven_at: datetime = await session.scalar(_CONFIRM, {"id": principal.session_id, "method": method})
            after = Confirmed(method=method, authenticated_at=proven_at, until=proven_at + RECENT)
            await record(session, principal, IdentityAction.CONFIRMED, target=principal.user_id, after=after)
            emit(session, SessionConfirmed(user_id=principal.user_id))
        return after

    async def _is_password_of(self, user_id: UUID, password: str) -> bool:
        stored = await self._database.hot.fetchval("select user_password_hash($1)", user_id)
        return await verify_password(password, stored)
