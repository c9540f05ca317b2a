"""What a domain hands to the registry."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from litestar import Controller
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.types import ExceptionHandlersMap

from chatter.kit.db.base import Base
from chatter.kit.events import Listener
from chatter.kit.jobs import JobKind
from chatter.kit.resources import ResourceKind, UsableKind
from chatter.kit.sealed_columns import SealedColumn
from chatter.kit.services import Services

__all__ = ["Domain", "Mount", "Periodic"]


@dataclass(frozen=True, kw_only=True)
class Periodic:
    """What each worker does again and again; must bear to be done by several workers at once."""

    name: str
    seconds: float
    """The pause between two times."""
    step: Callable[[Services], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class Mount:
    """Routes outside of the API's prefix, where a standard says where they stand and what their errors look like."""

    prefix: str
    controllers: tuple[type[Controller], ...]
    middleware: tuple[DefineMiddleware, ...] = ()
    exception_handlers: ExceptionHandlersMap = field(default_factory=dict)
    max_body_bytes: int


@dataclass(frozen=True, kw_only=True)
class Domain:
    """One domain: its routes, its permissions and who has them, its background work."""

    name: str
    controllers: tuple[type[Controller], ...] = ()
    well_known: tuple[type[Controller], ...] = ()
    """Routes at addresses that standards fix, outside of the versioned API; their path begins with `/.well-known`."""
    mounts: tuple[Mount, ...] = ()
    permissions: type[StrEnum] | None = None
    role_permissions: Mapping[str, frozenset[StrEnum]] = field(default_factory=dict)
    """Built-in role → the permissions of this domain that it holds."""
    operator_permissions: frozenset[StrEnum] = frozenset()
    """The most that the server's operator may do here during a visit, whatever the role that they were granted."""
    resources: tuple[ResourceKind, ...] = ()
    """The kinds of its things that can be shared one by one."""
    usables: tuple[UsableKind, ...] = ()
    """The kinds of its things that some may use and others may not."""
    tables: tuple[type[Base], ...] = ()
    """Its ORM models, so that the metadata is whole once the registry is imported."""
    sealed: tuple[SealedColumn, ...] = ()
    """Its columns that hold sealed secrets, for `chatter secrets rotate`."""
    jobs: tuple[JobKind[Any], ...] = ()
    listeners: tuple[Listener[Any], ...] = ()
    periodic: tuple[Periodic, ...] = ()
    dependencies: Mapping[str, Provide] = field(default_factory=dict)
    on_startup: tuple[Callable[[Services], Awaitable[None]], ...] = ()
    on_shutdown: tuple[Callable[[Services], Awaitable[None]], ...] = ()
