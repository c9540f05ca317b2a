"""The secrets of an operator's visit: a link that works once, and the token of the session that it opens."""

import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

__all__ = ["Secret", "is_support_token", "new_link", "new_token", "support_digest", "support_link", "tenant_of"]

_PREFIX = "chatter_op_"


@dataclass(frozen=True)
class Secret:
    """Shown to its holder this once; only the digest is stored."""

    text: str

    @property
    def digest(self) -> bytes:
        return support_digest(self.text)


def new_link() -> Secret:
    return Secret(secrets.token_urlsafe(32))


def new_token(tenant_id: UUID) -> Secret:
    """It names its organisation, so that the tenant is bound before the look-up."""
    return Secret(f"{_PREFIX}{tenant_id.hex}_{secrets.token_urlsafe(32)}")


def is_support_token(token: str) -> bool:
    """Whether a session's token is one of an operator's visit."""
    return token.startswith(_PREFIX)


def tenant_of(token: str) -> UUID | None:
    """The organisation that an operator's token names; None when it names none."""
    try:
        return UUID(hex=token.removeprefix(_PREFIX).partition("_")[0])
    except ValueError:
        return None


def support_digest(text: str) -> bytes:
    """What is stored of a secret, and looked up."""
    return hashlib.sha256(text.encode()).digest()


def support_link(address: str, *, tenant_id: UUID, link: Secret) -> str:
    """The secret stands behind `#`: browsers do not send it, so no server's log holds it."""
    return f"{address}/support/{tenant_id}#{link.text}"
