"""What other domains may hear about second factors."""

from typing import ClassVar, Literal
from uuid import UUID

from chatter.kit.events import Event

__all__ = [
    "PasskeyRenamed",
    "RecoveryCodesReplaced",
    "SecondFactorAdded",
    "SecondFactorPolicyUpdated",
    "SecondFactorRefusedEvent",
    "SecondFactorRemoved",
    "SecondFactorsReset",
]


class SecondFactorAdded(Event):
    name: ClassVar[str] = "identity.second_factor.added"
    user_id: UUID
    kind: Literal["totp", "passkey"]


class SecondFactorRemoved(Event):
    name: ClassVar[str] = "identity.second_factor.removed"
    user_id: UUID
    kind: Literal["totp", "passkey"]


class PasskeyRenamed(Event):
    name: ClassVar[str] = "identity.passkey.renamed"
    user_id: UUID
    passkey_id: UUID


class RecoveryCodesReplaced(Event):
    name: ClassVar[str] = "identity.recovery_codes.replaced"
    user_id: UUID


class SecondFactorPolicyUpdated(Event):
    name: ClassVar[str] = "identity.second_factor_policy.updated"
    require: Literal["nothing", "second_factor", "passkey"]


class SecondFactorsReset(Event):
    name: ClassVar[str] = "identity.second_factor.reset"
    user_id: UUID


class SecondFactorRefusedEvent(Event):
    """Somebody who knew the password failed at the second step, or a passkey's count went back."""

    name: ClassVar[str] = "identity.second_factor.refused"
    user_id: UUID
    kind: Literal["code", "passkey"]
