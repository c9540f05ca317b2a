"""Who may see the organisation's figures."""

from enum import StrEnum

__all__ = ["OPERATOR_PERMISSIONS", "ROLE_PERMISSIONS", "AnalyticsPermission"]


class AnalyticsPermission(StrEnum):
    """domain:resource:action"""

    READ = "analytics:overview:read"


_ALL = frozenset(AnalyticsPermission)
ROLE_PERMISSIONS = dict.fromkeys(("owner", "admin", "editor", "member", "viewer", "auditor", "billing"), _ALL)
OPERATOR_PERMISSIONS: frozenset[StrEnum] = frozenset({AnalyticsPermission.READ})
