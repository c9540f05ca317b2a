"""What a route declares about itself: its permission, its audit action, or that it is public."""

from enum import StrEnum
from typing import Any

__all__ = ["route"]


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
    provisioning: bool = False,
    without_factor: bool = False,
) -> dict[str, Any]:
    """The `opt` of a handler. One of `permission`, `signed_in` (any person of the organisation), `public` or
    `provisioning` (a directory with a SCIM token, and nobody else) is needed.

    `even_closed` answers also while the organisation is suspended or being deleted, when all else is refused.
    `people_only` refuses keys and apps: what concerns a person's own sign-in, or makes others who may sign in.
    `operators` lets the server's operator use a `signed_in` route during a visit; a permission decides by itself.
    `recent` wants a proof of who it is from the last ten minutes, which `POST /auth/confirm` renews; never with a key.
    `unbound` refuses a session that one organisation alone vouches for: what concerns a person beyond that one.
    `without_factor` answers a session that has not shown the second factor that the organisation asks for: what it
    takes to add one, and no more.
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
        "without_factor": without_factor,
    }
