"""What the sidebar and the palette offer."""

from chatter_dashboard.components.shell import NavigationItem
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["entries_for"]

_ENTRIES = (
    (NavigationItem(label="Overview", path="/", icon="overview"), "analytics:overview:read"),
    (NavigationItem(label="Chat", path="/chat", icon="chat"), "chat:turn:create"),
    (NavigationItem(label="Documents", path="/documents", icon="document"), "documents:document:read"),
    (NavigationItem(label="Search", path="/search", icon="search"), "documents:search:read"),
    (NavigationItem(label="Models", path="/models", icon="model"), "llm:provider:read"),
    (NavigationItem(label="Usage", path="/usage", icon="receipt"), "llm:usage:read"),
    (NavigationItem(label="Members", path="/members", icon="members"), "tenancy:member:read"),
    (NavigationItem(label="Teams", path="/teams", icon="team"), "tenancy:team:read"),
    (NavigationItem(label="Invitations", path="/invitations", icon="invitation"), "tenancy:invitation:read"),
    (
        NavigationItem(label="Service accounts", path="/service-accounts", icon="service"),
        "identity:service_account:read",
    ),
    (NavigationItem(label="Keys", path="/keys", icon="key"), "identity:own_key:create"),
    (NavigationItem(label="Apps", path="/apps", icon="key"), "oauth:grant:create"),
    (NavigationItem(label="Single sign-on", path="/sso", icon="key"), "sso:identity_provider:read"),
    (NavigationItem(label="Directory", path="/directory", icon="plug"), "scim:token:read"),
    (NavigationItem(label="Audit log", path="/audit", icon="shield"), "audit:event:read"),
    (NavigationItem(label="Roles", path="/roles", icon="shield"), "rbac:role:manage"),
    (NavigationItem(label="Access", path="/access", icon="key"), "rbac:access:explain"),
    (NavigationItem(label="Rate limits", path="/rate-limits", icon="clock"), "tenancy:rate_limit:read"),
    (NavigationItem(label="Support access", path="/support", icon="help"), "tenancy:support:read"),
    (NavigationItem(label="Settings", path="/settings", icon="settings"), ""),
)


_ACCOUNT = NavigationItem(label="Account", path="/account", icon="user")
_MAILS = NavigationItem(label="Mails", path="/mails", icon="mail")


def entries_for(visitor: Visitor) -> list[NavigationItem]:
    """The entries behind which this person finds something."""
    entries = [item for item, permission in _ENTRIES if not permission or visitor.may(permission)]
    mails = [_MAILS] if visitor.me.reads_mails else []
    account = [_ACCOUNT] if visitor.me.support is None else []
    return [*entries[:-1], *mails, *account, entries[-1]]
