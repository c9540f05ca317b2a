"""A person's own second factors: what there is, the authenticator app, the recovery codes."""

from sqlalchemy import text

from chatter.audit.facade import record
from chatter.identity.enrolled import FactorChange, enrolled
from chatter.identity.factor_errors import CodeWrong, EnrolmentInvalid, SecondFactorMissing, TotpEnrolled
from chatter.identity.factor_events import RecoveryCodesReplaced
from chatter.identity.factor_schemas import Authenticator, RecoveryCodes, SecondFactors, TotpDraft, TotpProof
from chatter.identity.passkeys import passkeys_of
from chatter.identity.permissions import IdentityAction
from chatter.identity.totp import VALID_FOR, Enrolment, address_of, new_secret, opened, picture_of, sealed, step_of
from chatter.kit.clock import Clock
from chatter.kit.crypto import SecretBox
from chatter.kit.db.database import Database
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal

__all__ = ["OwnFactors"]

_CREATE = text("select totp_create(:user_id, :secret, :step)")
_DELETE = text("select totp_delete(:user_id)")


class OwnFactors:
    """Opens its own units of work: what is there is asked for outside of them."""

    def __init__(self, database: Database, secrets: SecretBox, clock: Clock, *, jobs: JobQueue) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock
        self._jobs = jobs

    async def of(self, principal: Principal) -> SecondFactors:
        there = await enrolled(self._database, principal.user_id)
        row = await self._database.hot.fetchrow("select * from totp_of($1)", principal.user_id)
        return SecondFactors(
            totp=Authenticator(created_at=row["created_at"], last_used_at=row["last_used_at"]) if row else None,
            passkeys=await passkeys_of(self._database, principal.user_id),
            recovery_codes_left=there.recovery_codes,
        )

    def draft(self, principal: Principal) -> TotpDraft:
        """Think of a secret for an app; nothing is stored until a code has proven that the app has it."""
        secret = new_secret()
        uri = address_of(secret, email=principal.email)
        enrolment = Enrolment(secret=secret, until=self._clock.now() + VALID_FOR)
        token = sealed(self._secrets, enrolment, user_id=principal.user_id)
        return TotpDraft(secret=secret, uri=uri, qr_svg=picture_of(uri), enrolment=token)

    async def confirm(self, principal: Principal, data: TotpProof) -> RecoveryCodes:
        """Keep the secret that the code proves; raises EnrolmentInvalid, CodeWrong, TotpEnrolled, FactorNotShown."""
        now = self._clock.now()
        enrolment = opened(self._secrets, data.enrolment, user_id=principal.user_id)
        if enrolment is None or enrolment.until <= now:
            raise EnrolmentInvalid("This was begun too long ago, or elsewhere.", remedy="Scan a new picture.")
        step = step_of(enrolment.secret, data.code, at=now)
        if step is None:
            raise CodeWrong("This is not the code that belongs to the picture.", remedy="Type the code shown now.")
        before = await enrolled(self._database, principal.user_id)
        values = {
            "user_id": principal.user_id,
            "secret": self._secrets.seal(enrolment.secret, tenant_id=principal.user_id),
            "step": step,
        }
        async with self._database.unit(principal.tenant_id) as session:
            change = FactorChange(session, principal, self._jobs, before=before)
            change.require_shown()
            if not await session.scalar(_CREATE, values):
                raise TotpEnrolled("You have an authenticator app.", remedy="Remove it first, then add the new one.")
            codes = await change.added("totp", IdentityAction.TOTP_ADDED, target=principal.user_id)
        return RecoveryCodes(recovery_codes=codes)

    async def remove(self, principal: Principal) -> None:
        """Forget the authenticator app; raises NotFound, FactorNotShown."""
        before = await enrolled(self._database, principal.user_id)
        async with self._database.unit(principal.tenant_id) as session:
            change = FactorChange(session, principal, self._jobs, before=before)
            change.require_shown()
            if not await session.scalar(_DELETE, {"user_id": principal.user_id}):
                raise NotFound
            await change.removed("totp", IdentityAction.TOTP_REMOVED, target=principal.user_id)

    async def renew_codes(self, principal: Principal) -> RecoveryCodes:
        """Make ten new codes; the old ones count no more. Raises SecondFactorMissing, FactorNotShown."""
        before = await enrolled(self._database, principal.user_id)
        if not before.any:
            raise SecondFactorMissing("Recovery codes stand in for a second factor.", remedy="Add one first.")
        async with self._database.unit(principal.tenant_id) as session:
            change = FactorChange(session, principal, self._jobs, before=before)
            change.require_shown()
            codes = await change.new_codes()
            await record(session, principal, IdentityAction.RECOVERY_CODES_REPLACED, target=principal.user_id)
            emit(session, RecoveryCodesReplaced(user_id=principal.user_id))
            await change.tell("codes_replaced")
        return RecoveryCodes(recovery_codes=codes)
