"""Things that can be shared one by one, or that some may use: a domain registers a kind of them in its manifest."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ["Container", "Level", "Resource", "ResourceKind", "Usability", "UsableKind", "Way"]


class Level(StrEnum):
    """How far access to one thing goes; each level holds those before it."""

    VIEW = "view"
    EDIT = "edit"
    MANAGE = "manage"

    @property
    def rank(self) -> int:
        """The number that the database compares."""
        return _RANKS[self]

    @classmethod
    def of_rank(cls, rank: int) -> "Level | None":
        """None for 0: no access."""
        return max((level for level in cls if level.rank <= rank), key=lambda level: level.rank, default=None)


_RANKS = {Level.VIEW: 1, Level.EDIT: 3, Level.MANAGE: 4}


@dataclass(frozen=True, slots=True)
class Resource:
    """What others may be told of a thing that they may see."""

    id: UUID
    name: str
    owner_id: UUID
    open_to_all: bool
    """Whether everybody in the organisation may view it without a grant."""
    href: str


@dataclass(frozen=True, kw_only=True)
class ResourceKind:
    """A kind of things on which access is granted."""

    name: str
    access_function: str
    """An SQL function (tenant, user, id) → (rank, until): what owner, visibility and grants together allow.

    Where the kind has containers, what is granted on the container is part of its answer.
    """
    describe: Callable[[AsyncSession, Sequence[UUID]], Awaitable[Mapping[UUID, Resource]]]
    """Those of the ids that exist in the bound organisation."""
    parent: Callable[[AsyncSession, UUID], Awaitable["Container | None"]] | None = None
    """The container whose grants hold for what is in it too; None for kinds without. Tells where access came from."""
    administrable: StrEnum | None = None
    """The permission whose holders may share any of them, though not read it; None: nobody but those who manage it."""


@dataclass(frozen=True, slots=True)
class Container:
    """What a thing is in."""

    kind: ResourceKind
    id: UUID


@dataclass(frozen=True, slots=True)
class Way:
    """One thing because of which somebody may use something, or may not."""

    kind: Literal["role", "team", "organization"]
    text: str
    opens: bool
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Usability:
    """Whether somebody may use a thing, as the database decides it, and why."""

    allowed: bool
    ways: Sequence[Way]


@dataclass(frozen=True, kw_only=True)
class UsableKind:
    """A kind of things that some may use and others may not: there are no levels."""

    name: str
    explain: Callable[[AsyncSession, UUID, UUID, UUID], Awaitable[Usability | None]]
    """Of (tenant, user, id); None for what does not exist in the bound organisation."""
