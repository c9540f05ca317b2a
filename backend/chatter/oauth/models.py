"""What people allowed apps to do, and the families of tokens that came of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, ForeignKeyConstraint, Index, LargeBinary, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import Base, TenantModel, Timestamps

__all__ = ["Family", "Grant", "SigningKey"]


class Grant(Timestamps, TenantModel):
    """What a person allowed an app to do in one organisation."""

    __tablename__ = "oauth_grant"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["membership.tenant_id", "membership.user_id"], ondelete="CASCADE"
        ),
        Index(
            "oauth_grant_of_client",
            "tenant_id",
            "user_id",
            "client_key",
            unique=True,
            postgresql_where=text("revoked_at is null"),
        ),
    )

    user_id: Mapped[UUID]
    client_key: Mapped[bytes] = mapped_column(LargeBinary)
    """The hash of the client's id, which holds all that it registered."""
    client_name: Mapped[str]
    """What the app calls itself."""
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """The permissions that were allowed; None: all that the person may."""
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Family(TenantModel):
    """What comes of one consent: a code, then one refresh token after another, of which only the newest works."""

    __tablename__ = "oauth_family"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "grant_id"], ["oauth_grant.tenant_id", "oauth_grant.id"], ondelete="CASCADE"
        ),
        Index("oauth_family_code", "tenant_id", "code_hash", unique=True),
        Index("oauth_family_secret", "tenant_id", "secret_hash", unique=True),
    )

    grant_id: Mapped[UUID]
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """None where the app asked on a device: it was given its code before anybody allowed it."""
    code_challenge: Mapped[str | None]
    redirect_uri: Mapped[str | None]
    code_expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    redeemed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of the half that all refresh tokens of the family share: by it a used one is known for what it is."""
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of the half that only the newest has."""
    rotated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    end_reason: Mapped[str | None]


class SigningKey(Base):
    """Of what a signing key is derived, together with the server's secret."""

    __tablename__ = "oauth_signing_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
