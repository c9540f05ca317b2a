"""Sidebar, top bar, recent conversations, command palette."""

import msgspec
from nicegui.element import Element

from chatter.identity.schemas import Me
from chatter.kit.schema import Schema
from chatter_dashboard.components.bundle import BUNDLE

__all__ = ["NavigationArea", "NavigationItem", "NavigationSection", "Shell"]


class NavigationItem(Schema, frozen=True, kw_only=True):
    """An entry of the sidebar and of the palette."""

    label: str
    path: str
    icon: str
    covers: tuple[str, ...] = ()
    """Other addresses that belong to it."""


class NavigationSection(Schema, frozen=True, kw_only=True):
    """Entries under one heading; without a name, under none."""

    label: str
    items: list[NavigationItem]


class NavigationArea(Schema, frozen=True, kw_only=True):
    """What the sidebar shows at a time; one without a name is where people work."""

    label: str
    icon: str
    sections: list[NavigationSection]


class Shell(Element, component="lx_shell.js", esm=BUNDLE):
    """The frame around every page."""

    def __init__(self, me: Me, *, areas: list[NavigationArea], is_open: bool) -> None:
        super().__init__()
        self._props["organization"] = msgspec.to_builtins(me.organization)
        self._props["organizations"] = msgspec.to_builtins(me.organizations)
        self._props["mayCreate"] = me.may_create_organizations
        self._props["person"] = msgspec.to_builtins(me.user)
        self._props["mayChat"] = is_open and "chat:turn:create" in me.permissions
        self._props["visit"] = msgspec.to_builtins(me.support)
        self._props["roleName"] = me.role_name
        self._props["watchesSupport"] = is_open and "tenancy:support:read" in me.permissions
        self._props["mayRevokeSupport"] = "tenancy:support:manage" in me.permissions
        self._props["areas"] = msgspec.to_builtins(areas)
