"""Second factors: one's own, and whether the members have some."""

from uuid import UUID

from chatter.identity.factor_schemas import (
    MemberFactors,
    MemberFactorsList,
    Passkey,
    PasskeyUpdate,
    RecoveryCodes,
    SecondFactorPolicy,
    SecondFactors,
    TotpDraft,
    TotpProof,
)
from chatter_dashboard.api.calls import Calls

__all__ = ["FactorsApi"]


class FactorsApi:
    """`/me/second-factors`, `/me/totp`, `/me/passkeys`, and what an organisation sees and asks of them"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def own(self) -> SecondFactors:
        """One's own."""
        return await self._calls.get("/me/second-factors", SecondFactors)

    async def draft_totp(self) -> TotpDraft:
        """A secret for an authenticator app; nothing is kept of it yet."""
        return await self._calls.send("POST", "/me/totp/draft", TotpDraft)

    async def add_totp(self, *, enrolment: str, code: str) -> list[str]:
        """Add the app that shows this code; the recovery codes that come with a first factor."""
        body = TotpProof(enrolment=enrolment, code=code)
        return (await self._calls.send("POST", "/me/totp", RecoveryCodes, body=body)).recovery_codes

    async def remove_totp(self) -> None:
        """Remove one's authenticator app."""
        await self._calls.act("DELETE", "/me/totp")

    async def replace_codes(self) -> list[str]:
        """New recovery codes; the old ones count no more."""
        return (await self._calls.send("POST", "/me/recovery-codes", RecoveryCodes)).recovery_codes

    async def rename_passkey(self, passkey_id: UUID, *, name: str) -> Passkey:
        """Give a passkey another name."""
        return await self._calls.send("PATCH", f"/me/passkeys/{passkey_id}", Passkey, body=PasskeyUpdate(name=name))

    async def remove_passkey(self, passkey_id: UUID) -> None:
        """Remove a passkey."""
        await self._calls.act("DELETE", f"/me/passkeys/{passkey_id}")

    async def policy(self) -> SecondFactorPolicy:
        """Whether the organisation asks for a second factor."""
        return await self._calls.get("/organization/second-factor-policy", SecondFactorPolicy)

    async def set_policy(self, policy: SecondFactorPolicy) -> SecondFactorPolicy:
        """Ask everybody for one, or for none, from their next request on."""
        return await self._calls.send("PUT", "/organization/second-factor-policy", SecondFactorPolicy, body=policy)

    async def of_members(self) -> list[MemberFactors]:
        """What each member has enrolled."""
        return (await self._calls.get("/members/second-factors", MemberFactorsList)).items

    async def reset(self, user_id: UUID) -> None:
        """Remove a member's factors after a loss; their sessions end."""
        await self._calls.act("DELETE", f"/members/{user_id}/second-factors")
