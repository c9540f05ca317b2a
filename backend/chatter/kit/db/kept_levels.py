"""Levels on single things that a process has asked for, so that they need not be asked for again.

Each is good for one version of who may see what. A unit of work learns the version as of its own beginning in the
message that binds its tenant, so what is kept is never older than the transaction that relies on it.
"""

import time
from collections import OrderedDict
from uuid import UUID

__all__ = ["KeptLevels", "LevelsKept"]

_ORGANIZATIONS = 256
_EACH = 10_000
Key = tuple[str, UUID, UUID]


class KeptLevels:
    """One organisation's, as of one version."""

    __slots__ = ("_found", "version")

    def __init__(self, version: int) -> None:
        self.version = version
        self._found: dict[Key, tuple[int, float]] = {}

    def get(self, kind: str, resource_id: UUID, user_id: UUID) -> int | None:
        """The rank of somebody's level on a thing; None when it is not known, or a grant has ended since."""
        found = self._found.get((kind, resource_id, user_id))
        return found[0] if found is not None and time.monotonic() < found[1] else None

    def keep(self, kind: str, resource_id: UUID, user_id: UUID, *, rank: int, until: float) -> None:
        """Keep a rank until a moment of the monotonic clock; the one kept longest goes when there are too many."""
        if len(self._found) >= _EACH:
            del self._found[next(iter(self._found))]
        self._found[kind, resource_id, user_id] = (rank, until)


class LevelsKept:
    """What one process keeps, organisation by organisation; the one not asked for longest goes first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[UUID, KeptLevels] = OrderedDict()

    def as_of(self, tenant_id: UUID, version: int) -> KeptLevels:
        """What is known for exactly this version; nothing of another is used or lost to one that began earlier."""
        kept = self._kept.get(tenant_id)
        if kept is None or kept.version != version:
            fresh = KeptLevels(version)
            if kept is not None and kept.version > version:
                return fresh
            kept = self._kept[tenant_id] = fresh
            if len(self._kept) > _ORGANIZATIONS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(tenant_id)
        return kept
