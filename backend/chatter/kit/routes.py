"""What a route declares about itself: its permission, its audit action, or that it is public."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chatter.kit.rate_limits.rules import Kind

__all__ = ["Deprecated", "route"]


@dataclass(frozen=True, kw_only=True)
class Deprecated:
    """Since when a route should not be used any more; `ends` is when it will answer no longer. Times are UTC."""

    since: datetime
    instead: str
    """The address that takes its place."""
    ends: datetime | None = None


def route(
    *,
    permission: StrEnum | None = None,
    audit: StrEnum | None = None,
    public: bool = False,
    signed_in: bool = False,
    even_closed: bool = False,
    people_only: bool = False,
    operators: bool = False,
    recent: bool = False,
    unbound: bool = False,
    limit: Kind | None = Kind.GENERAL,
    account: str | None = None,
    cross_origin: bool = False,
    deprecated: Deprecated | None = None,
    provisioning: bool = False,
    without_factor: bool = False,
    streams: StrEnum | None = None,
) -> dict[str, Any]:
    """The `opt` of a handler. One of `permission`, `signed_in` (any person of the organisation), `public` or
    `provisioning` (a directory with a SCIM token, and nobody else) is needed.

    `even_closed` answers also while the organisation is suspended or being deleted, when all else is refused.
    `people_only` refuses keys and apps: what concerns a person's own sign-in, or makes others who may sign in.
    `operators` lets the server's operator use a `signed_in` route during a visit; a permission decides by itself.
    `recent` wants a proof of who it is from the last ten minutes, which `POST /auth/confirm` renews; never with a key.
    `unbound` refuses a session that one organisation alone vouches for: what concerns a person beyond that one.
    `limit` is the kind of rate limit that it is counted under, beside the general one; None is counted under none.
    `account` is the field of the body that names the person whose secret is tried.
    `cross_origin` lets pages of other sites use a public route, which then neither reads nor sets a cookie.
    `deprecated` says since when it should not be used, what to use instead, and when it ends.
    `without_factor` answers a session that has not shown the second factor that the organisation asks for: what it
    takes to add one, and no more.
    `streams` is the permission that it takes to have the answer as a stream of events, where the route offers that.
    A handler that changes something names its `audit` action; a test walks the routes and finds those that do not.
    """
    if sum((permission is not None, public, signed_in, provisioning)) != 1:
        raise ValueError("a route declares exactly one of permission, signed_in, public, provisioning")
    return {
        "permission": permission,
        "audit": audit,
        "public": public,
        "provisioning": provisioning,
        "signs_in_itself": public or provisioning,
        "signed_in": signed_in,
        "even_closed": even_closed,
        "people_only": people_only,
        "operators": operators,
        "recent": recent,
        "unbound": unbound,
        "limit": limit,
        "account": account,
        "cross_origin": cross_origin,
        "deprecated": deprecated,
        "without_factor": without_factor,
        "streams": streams,
    }
