"""A session as browsers hold it: in a cookie that no script can read."""

from litestar import Response
from litestar.datastructures import Cookie

from chatter.identity.schemas import SessionStarted
from chatter.kit.settings import Settings
from chatter.kit.web.edge import SESSION_COOKIE

__all__ = ["ended_cookie", "session_cookie", "with_cookie"]


ended_cookie = Cookie(key=SESSION_COOKIE, value="", path="/", max_age=0)
"""Takes the session's cookie from a browser that signs out."""


def with_cookie(started: SessionStarted, settings: Settings, *, status_code: int) -> Response[SessionStarted]:
    """The answer that also signs a browser in."""
    cookie = session_cookie(started.token, settings, seconds=settings.session_days * 24 * 3600)
    return Response(started, status_code=status_code, cookies=[cookie])


def session_cookie(token: str, settings: Settings, *, seconds: int) -> Cookie:
    """The cookie that holds a session's token."""
    return Cookie(
        key=SESSION_COOKIE,
        value=token,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
        path="/",
        max_age=seconds,
    )
