"""What whoever asks too often is told."""

from chatter.kit.errors import TooManyRequests

__all__ = ["RateLimited"]


class RateLimited(TooManyRequests):
    """Says when to come back, and not whether an account exists."""

    code, title = "rate_limited", "Too many requests"

    def __init__(self, *, amount: int, seconds: int, retry_after: int) -> None:
        super().__init__(
            f"More than {amount} such requests in {_span(seconds)}.",
            remedy=f"Wait {_span(retry_after)}, then try again. Programs: mind the headers RateLimit and Retry-After.",
            retry_after=retry_after,
        )


def _span(seconds: int) -> str:
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = -(-seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return f"{seconds} second{'s' if seconds > 1 else ''}"
