"""What can go wrong with the audit log."""

from chatter.kit.errors import Conflict, Invalid, NotFound

__all__ = ["AuditEventNotFound", "SinkInvalid", "SinkMissing"]


class AuditEventNotFound(NotFound):
    """No such row in this organisation."""


class SinkMissing(Conflict):
    """The organisation sends its audit log nowhere."""

    code, title = "audit_sink_missing", "No destination is set"

    def __init__(self) -> None:
        super().__init__("The audit log is not sent anywhere yet.", remedy="Set a destination first.")


class SinkInvalid(Invalid):
    """The address or the header can't be used."""

    code, title = "audit_sink_invalid", "This destination can't be used"
