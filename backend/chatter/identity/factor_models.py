"""Second factors, on the identity plane: a person's, whatever organisations they belong to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, func
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import Base

__all__ = ["Passkey", "RecoveryCode", "SignInChallenge", "TotpAuthenticator"]


class TotpAuthenticator(Base):
    """An authenticator app of a person, which has shown that it knows the secret."""

    __tablename__ = "totp_authenticator"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True)
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Bound to the person, as a tenant's secrets are to the tenant."""
    last_step: Mapped[int] = mapped_column(BigInteger)
    """The thirty seconds of the code that was accepted last: neither it nor an earlier one counts again."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_used_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class RecoveryCode(Base):
    """A code that stands in for a lost second factor; it goes with its use, and is never stored itself."""

    __tablename__ = "recovery_code"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class Passkey(Base):
    """A WebAuthn credential of a person; the private half never leaves their authenticator."""

    __tablename__ = "passkey"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    backed_up: Mapped[bool]
    """Whether its maker keeps a copy, so that it outlives the device."""
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SignInChallenge(Base):
    """A question to a browser that is not signed in yet, or is adding a passkey; answered once, within minutes."""

    __tablename__ = "sign_in_challenge"
    __table_args__ = (
        CheckConstraint(
            "purpose in ('second_factor', 'passkey_registration', 'passkey_sign_in')",
            name="sign_in_challenge_purpose",
        ),
        Index("sign_in_challenge_user", "user_id", "created_at"),
        Index("sign_in_challenge_end", "expires_at"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    purpose: Mapped[str]
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"))
    methods: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    """How the person has proven who they are so far."""
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
