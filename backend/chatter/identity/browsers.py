"""The browser in which a sign-in is under way, told apart by a cookie that only the sign-in routes get."""

from litestar import Request, Response
from litestar.datastructures import Cookie, State

from chatter.identity.challenges import VALID_FOR, new_browser
from chatter.identity.factor_schemas import SecondFactorAsked
from chatter.identity.schemas import SessionStarted
from chatter.identity.web import with_cookie
from chatter.kit.settings import Settings

__all__ = ["BROWSER_COOKIE", "answer_to", "browser_cookie", "browser_of"]

BROWSER_COOKIE = "chatter_sign_in"


def browser_of(request: Request[object, object, State]) -> str:
    """What this browser was given at its last challenge; something new for one that has nothing."""
    return request.cookies.get(BROWSER_COOKIE) or new_browser()


def browser_cookie(browser: str, settings: Settings) -> Cookie:
    """Kept until what was asked has lapsed."""
    return Cookie(
        key=BROWSER_COOKIE,
        value=browser,
        httponly=True,
        samesite="strict",
        secure=settings.secure_cookies,
        path="/api/v1/auth",
        max_age=int(VALID_FOR.total_seconds()),
    )


def answer_to(
    outcome: SessionStarted | SecondFactorAsked, settings: Settings, *, browser: str, status_code: int
) -> Response[SessionStarted | SecondFactorAsked]:
    """A session with its cookie, or the question for a second factor with the one that binds it to this browser."""
    if isinstance(outcome, SecondFactorAsked):
        return Response(outcome, status_code=status_code, cookies=[browser_cookie(browser, settings)])
    started = with_cookie(outcome, settings, status_code=status_code)
    return Response(started.content, status_code=status_code, cookies=started.cookies)
