"""The only list of domains."""

from sqlalchemy import MetaData

from chatter.analytics.manifest import domain as analytics
from chatter.audit.manifest import domain as audit
from chatter.chat.manifest import domain as chat
from chatter.documents.manifest import domain as documents
from chatter.identity.manifest import domain as identity
from chatter.kit.db.base import Base
from chatter.kit.domain import Domain, Mount
from chatter.llm.manifest import domain as llm
from chatter.oauth.manifest import domain as oauth
from chatter.rbac.manifest import domain as rbac
from chatter.runs.manifest import domain as runs
from chatter.scim.manifest import domain as scim
from chatter.sso.manifest import domain as sso
from chatter.tenancy.manifest import domain as tenancy
from chatter.tools.manifest import domain as tools
from chatter.usage.manifest import domain as usage

__all__ = ["DOMAINS", "MOUNTS", "metadata"]

DOMAINS: tuple[Domain, ...] = (
    *(audit, rbac, tenancy, identity, oauth, scim, sso, usage, llm),
    *(documents, runs, tools, chat, analytics),
)
"""From the lowest to the highest: they start in this order and stop in the reverse."""

MOUNTS: tuple[Mount, ...] = tuple(mount for domain in DOMAINS for mount in domain.mounts)
"""What answers outside of the API's prefix."""


def metadata() -> MetaData:
    """All tables of the program: the domains' manifests have imported their models."""
    return Base.metadata
