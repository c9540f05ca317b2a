"""What other domains may hear about apps."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = ["AppConnected", "AppDisconnected", "DeviceRefused", "GrantCreated", "GrantRevoked"]


class GrantCreated(Event):
    name: ClassVar[str] = "oauth.grant.created"
    grant_id: UUID


class GrantRevoked(Event):
    name: ClassVar[str] = "oauth.grant.revoked"
    grant_id: UUID


class DeviceRefused(Event):
    name: ClassVar[str] = "oauth.device.refused"
    user_id: UUID


class AppConnected(Event):
    name: ClassVar[str] = "oauth.family.started"
    family_id: UUID


class AppDisconnected(Event):
    name: ClassVar[str] = "oauth.family.ended"
    family_id: UUID
    reason: str
