"""Who sees what models took."""

from enum import StrEnum

__all__ = ["OPERATOR_PERMISSIONS", "ROLE_PERMISSIONS", "UsagePermission"]


class UsagePermission(StrEnum):
    """`domain:resource:action`; it keeps the name of the domain that it began in, by which own roles hold it."""

    READ = "llm:usage:read"


_ALL = frozenset(UsagePermission)
_NONE = frozenset[UsagePermission]()
ROLE_PERMISSIONS = {
    **dict.fromkeys(("owner", "admin", "billing", "auditor"), _ALL),
    **dict.fromkeys(("editor", "member", "viewer"), _NONE),
}
OPERATOR_PERMISSIONS: frozenset[StrEnum] = _ALL
