"""Errors that a caller is told about.

ChatterError
├── Invalid            422   the request makes no sense as it stands
├── Unauthenticated    401   nobody is signed in
├── Forbidden          403   signed in, but not allowed
├── NotFound           404   no such thing in this organisation
├── Conflict           409   the thing's state does not allow it
├── TooLarge           413   more bytes than allowed
├── Unsupported        415   a kind of content we do not read
├── TooManyRequests    429   slow down
├── UpstreamFailed     502   somebody else's service failed
└── Unavailable        503   one of our own services is away for a moment
"""

from typing import ClassVar

__all__ = [
    "ChatterError",
    "Conflict",
    "Forbidden",
    "Invalid",
    "NotFound",
    "TooLarge",
    "TooManyRequests",
    "Unauthenticated",
    "Unavailable",
    "Unsupported",
    "UpstreamFailed",
]


class ChatterError(Exception):
    """A failure with a stable code and an HTTP status; `remedy` tells the reader what to do next."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"
    retryable: ClassVar[bool] = False
    challenge: str | None = None
    """What a bearer lacks, as parameters of `WWW-Authenticate` (RFC 6750, 3.1)."""

    def __init__(self, detail: str, *, remedy: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy
        self.retry_after = retry_after
        """Seconds after which a new attempt makes sense."""


class Invalid(ChatterError):
    code, status, title = "invalid", 422, "The request is not valid"


class Unauthenticated(ChatterError):
    code, status, title = "unauthenticated", 401, "Please sign in"


class Forbidden(ChatterError):
    code, status, title = "forbidden", 403, "Not allowed"


class NotFound(ChatterError):
    code, status, title = "not_found", 404, "Not found"

    def __init__(
        self, detail: str = "There is nothing here, or nothing that you may see.", *, remedy: str | None = None
    ) -> None:
        super().__init__(detail, remedy=remedy)


class Conflict(ChatterError):
    code, status, title = "conflict", 409, "That does not fit the present state"


class TooLarge(ChatterError):
    code, status, title = "too_large", 413, "Too large"


class Unsupported(ChatterError):
    code, status, title = "unsupported", 415, "This kind of content can't be read"


class TooManyRequests(ChatterError):
    code, status, title = "too_many_requests", 429, "Too many requests"
    retryable = True


class UpstreamFailed(ChatterError):
    code, status, title = "upstream_failed", 502, "Another service failed"
    retryable = True


class Unavailable(ChatterError):
    code, status, title = "unavailable", 503, "Not available for a moment"
    retryable = True
