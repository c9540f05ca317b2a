"""States as they come from the database."""

from typing import get_args

from chatter.tenancy.schemas import OrganizationState

__all__ = ["as_state"]


def as_state(value: str) -> OrganizationState:
    """The organisation's state of that name; raises ValueError for any other text."""
    if value not in get_args(OrganizationState):
        raise ValueError(value)
    return value  # type: ignore[return-value]  # checked above
