"""What the sidebar and the palette offer: where one works, the organisation's settings, and one's own account."""

from collections.abc import Iterable

from chatter_dashboard.components.shell import NavigationArea, NavigationItem, NavigationSection
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["areas_for"]

_Entry = tuple[NavigationItem, str]
"""With the permission without which nothing is found behind it; empty when anybody finds something."""

_WORK: tuple[_Entry, ...] = (
    (NavigationItem(label="Overview", path="/", icon="overview"), "analytics:overview:read"),
    (NavigationItem(label="Chat", path="/chat", icon="chat"), "chat:turn:create"),
    (NavigationItem(label="Documents", path="/documents", icon="document"), "documents:document:read"),
    (NavigationItem(label="Search", path="/search", icon="search"), "documents:search:read"),
    (NavigationItem(label="Notes", path="/notes", icon="edit"), "tools:note:read"),
)

_ORGANIZATION: tuple[_Entry, ...] = (
    (NavigationItem(label="General", path="/settings", icon="building"), ""),
    (NavigationItem(label="Models", path="/models", icon="model"), "llm:provider:read"),
    (NavigationItem(label="Usage", path="/usage", icon="receipt"), "llm:usage:read"),
)
_PEOPLE: tuple[_Entry, ...] = (
    (NavigationItem(label="Members", path="/members", icon="members"), "tenancy:member:read"),
    (NavigationItem(label="Teams", path="/teams", icon="team"), "tenancy:team:read"),
    (NavigationItem(label="Invitations", path="/invitations", icon="invitation"), "tenancy:invitation:read"),
    (NavigationItem(label="Roles", path="/roles", icon="shield"), "rbac:role:manage"),
    (NavigationItem(label="Access", path="/access", icon="lock"), "rbac:access:explain"),
)
_PROVISIONING: tuple[_Entry, ...] = (
    (NavigationItem(label="Single sign-on", path="/sso", icon="key"), "sso:identity_provider:read"),
    (NavigationItem(label="Directory", path="/directory", icon="plug"), "scim:token:read"),
)
_PROGRAMS: tuple[_Entry, ...] = (
    (
        NavigationItem(label="Service accounts", path="/service-accounts", icon="service"),
        "identity:service_account:read",
    ),
    (NavigationItem(label="Members' apps", path="/member-apps", icon="plug"), "oauth:grant:read"),
    (NavigationItem(label="Rate limits", path="/rate-limits", icon="clock"), "tenancy:rate_limit:read"),
)
_SECURITY: tuple[_Entry, ...] = (
    (
        NavigationItem(label="Audit log", path="/audit", icon="history", covers=("/audit-destination",)),
        "audit:event:read",
    ),
    (NavigationItem(label="Support access", path="/support", icon="help"), "tenancy:support:read"),
)
_SETTINGS = (
    ("Organization", _ORGANIZATION),
    ("People and access", _PEOPLE),
    ("Sign-in and provisioning", _PROVISIONING),
    ("Programs", _PROGRAMS),
    ("Security and audit", _SECURITY),
)

_YOU: tuple[_Entry, ...] = ((NavigationItem(label="Profile and security", path="/account", icon="user"), ""),)
_MAILS: _Entry = (NavigationItem(label="Mails", path="/mails", icon="mail"), "")
_OWN_PROGRAMS: tuple[_Entry, ...] = (
    (NavigationItem(label="Keys", path="/keys", icon="key"), "identity:own_key:create"),
    (NavigationItem(label="Apps", path="/apps", icon="plug"), "oauth:grant:create"),
)


def areas_for(visitor: Visitor) -> list[NavigationArea]:
    """The entries behind which this person finds something; an operator who visits has no account here."""
    work = NavigationArea(label="", icon="", sections=_sections(visitor, [("", _WORK)]))
    settings = NavigationArea(label="Settings", icon="settings", sections=_sections(visitor, _SETTINGS))
    return [work, settings] if visitor.me.support is not None else [work, settings, _account(visitor)]


def _account(visitor: Visitor) -> NavigationArea:
    you = (*_YOU, _MAILS) if visitor.me.reads_mails else _YOU
    sections = _sections(visitor, [("You", you), ("Your programs", _OWN_PROGRAMS)])
    return NavigationArea(label="Account", icon="user", sections=sections)


def _sections(visitor: Visitor, declared: Iterable[tuple[str, tuple[_Entry, ...]]]) -> list[NavigationSection]:
    found = (
        NavigationSection(
            label=label, items=[item for item, permission in entries if not permission or visitor.may(permission)]
        )
        for label, entries in declared
    )
    return [section for section in found if section.items]
