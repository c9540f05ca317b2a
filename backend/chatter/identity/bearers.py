"""Tokens that other domains give out: each says which texts are its own, and whom they act for."""

from typing import Protocol
from uuid import UUID

from chatter.kit.principal import Principal

__all__ = ["BearerReader", "Bearers"]


class BearerReader(Protocol):
    """One kind of token that comes as `Authorization: Bearer`, never as a cookie."""

    def reads(self, token: str) -> bool:
        """Whether a text has the shape of such a token."""
        ...

    async def principal(self, token: str, *, tenant_id: UUID | None) -> Principal | None:
        """Whom it acts for, unless another organisation was named, in one statement at most."""
        ...


class Bearers:
    """The kinds that the domains of this process have added."""

    def __init__(self) -> None:
        self._readers: list[BearerReader] = []

    def add(self, reader: BearerReader) -> None:
        self._readers.append(reader)

    def reader_of(self, token: str) -> BearerReader | None:
        """The kind that a text has the shape of; None for a session's token."""
        return next((reader for reader in self._readers if reader.reads(token)), None)
