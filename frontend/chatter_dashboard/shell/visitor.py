"""Who looks at this tab, with the API in that person's name."""

from dataclasses import dataclass

from chatter.identity.schemas import Me
from chatter_dashboard.api.client import Api

__all__ = ["Visitor"]


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """A signed-in person in one organisation; a page is always built for one."""

    api: Api
    me: Me

    def may(self, permission: str) -> bool:
        """Whether to offer something; the API decides again when it is used."""
        return permission in self.me.permissions
