"""What can go wrong with the audit log."""

from chatter.kit.errors import Conflict, NotFound, UpstreamFailed

__all__ = ["AuditEventNotFound", "SinkMissing", "SinkRefused"]


class AuditEventNotFound(NotFound):
    """No such row in this organisation."""


class SinkMissing(Conflict):
    """The organisation sends its audit log nowhere."""

    code, title = "audit_sink_missing", "No destination is set"

    def __init__(self) -> None:
        super().__init__("The audit log is not sent anywhere yet.", remedy="Set a destination first.")


class SinkRefused(UpstreamFailed):
    """The destination could not be reached or did not take the rows."""

    code, title = "audit_sink_refused", "The destination did not take it"
