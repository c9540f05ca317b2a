"""What second factors a person has, and the changes of them that belong together."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.factor_errors import FactorNotShown
from chatter.identity.factor_events import SecondFactorAdded, SecondFactorRemoved
from chatter.identity.factor_notices import SEND_FACTOR_NOTICE, FactorNotice, Occasion
from chatter.identity.factor_schemas import FactorMethod
from chatter.identity.methods import SignInMethod
from chatter.identity.permissions import IdentityAction
from chatter.identity.recovery_codes import code_hash, new_codes
from chatter.kit.db.database import Database
from chatter.kit.events import emit
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal

__all__ = ["FACTORS", "Enrolled", "FactorChange", "Kind", "enrolled"]

Kind = Literal["totp", "passkey"]
FACTORS = frozenset({SignInMethod.TOTP, SignInMethod.PASSKEY, SignInMethod.RECOVERY_CODE})
"""Ways of signing in that show a second factor."""

_END_OTHERS = text("select sessions_end_others(:user_id, :session_id)")
_CONFIRM = text("select session_confirm(:session_id, :method)")
_REPLACE_CODES = text("select recovery_codes_replace(:user_id, :hashes)")


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """How many of each there are."""

    totp: bool
    passkeys: int
    recovery_codes: int

    @property
    def any(self) -> bool:
        """Whether a password alone does not let the person in."""
        return self.totp or self.passkeys > 0

    @property
    def methods(self) -> list[FactorMethod]:
        """What may answer a challenge, the best first."""
        answers: list[tuple[FactorMethod, bool]] = [
            ("passkey", self.passkeys > 0),
            ("totp", self.totp),
            ("recovery_code", self.recovery_codes > 0),
        ]
        return [method for method, there in answers if there]


async def enrolled(database: Database, user_id: UUID) -> Enrolled:
    row: Any = await database.hot.fetchrow("select * from factors_of($1)", user_id)  # always one
    return Enrolled(totp=row["totp"], passkeys=row["passkeys"], recovery_codes=row["recovery_codes"])


class FactorChange:
    """A change of the principal's own factors, in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, principal: Principal, jobs: JobQueue, *, before: Enrolled) -> None:
        self._session = session
        self._principal = principal
        self._jobs = jobs
        self._before = before

    def require_shown(self) -> None:
        """Raise FactorNotShown: whoever has the password alone must not bring a factor of their own."""
        if self._before.any and not FACTORS & self._principal.methods:
            raise FactorNotShown(
                "You have a second factor, and this sign-in has not shown it.",
                remedy="Sign out, sign in with your second factor, and try again.",
            )

    async def added(self, kind: Kind, action: IdentityAction, *, target: UUID) -> list[str]:
        """Note a factor that this session has just shown. With the first one, other sessions end and codes are made."""
        principal = self._principal
        await self._session.execute(_CONFIRM, {"session_id": principal.session_id, "method": kind})
        codes = [] if self._before.recovery_codes else await self.new_codes()
        if not self._before.any:
            await self.end_other_sessions()
        await record(self._session, principal, action, target=target)
        emit(self._session, SecondFactorAdded(user_id=principal.user_id, kind=kind))
        await self.tell("totp_added" if kind == "totp" else "passkey_added")
        return codes

    async def removed(self, kind: Kind, action: IdentityAction, *, target: UUID) -> None:
        """Note it. With the last one the recovery codes go, and so do the sessions that it helped to start."""
        principal, before = self._principal, self._before
        if before.totp + before.passkeys == 1:
            await self._session.execute(_REPLACE_CODES, {"user_id": principal.user_id, "hashes": []})
            await self.end_other_sessions()
        await record(self._session, principal, action, target=target)
        emit(self._session, SecondFactorRemoved(user_id=principal.user_id, kind=kind))
        await self.tell("totp_removed" if kind == "totp" else "passkey_removed")

    async def new_codes(self) -> list[str]:
        """Ten recovery codes in place of those that were there."""
        user_id, codes = self._principal.user_id, new_codes()
        hashes = [code_hash(code, user_id=user_id) for code in codes]
        await self._session.execute(_REPLACE_CODES, {"user_id": user_id, "hashes": hashes})
        return codes

    async def end_other_sessions(self) -> None:
        principal = self._principal
        await self._session.execute(_END_OTHERS, {"user_id": principal.user_id, "session_id": principal.session_id})

    async def tell(self, occasion: Occasion) -> None:
        """Have a mail sent to the person."""
        notice = FactorNotice(email=self._principal.email, occasion=occasion)
        await self._jobs.enqueue(self._session, SEND_FACTOR_NOTICE, notice, subject=self._principal.user_id)
