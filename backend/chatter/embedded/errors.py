"""What can keep an embedded server from running. Each says what happened and what to do about it.

EmbeddedError
 ├── ServerMissing        the wheel brings no server for this machine
 ├── ServerRefused        the server ended before it was ready
 └── PrivilegesRefused    root may neither use a user namespace nor the account `nobody`
"""


class EmbeddedError(Exception):
    """An embedded server does not run; `remedy` is a sentence for the operator."""

    def __init__(self, detail: str, *, remedy: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.detail} {self.remedy}"


class ServerMissing(EmbeddedError):
    """The wheel brings no server for this machine."""


class ServerRefused(EmbeddedError):
    """The server ended before it was ready, or does not answer."""


class PrivilegesRefused(EmbeddedError):
    """Root may neither use a user namespace nor the account `nobody`."""
