"""Scopes: permissions by their names, and one word for all of them together."""

from collections.abc import Iterable

from chatter.oauth.clients import Client
from chatter.oauth.errors import InvalidScope
from chatter.rbac.facade import Catalogue

__all__ = ["ALL", "only_reads", "scope_text", "scopes_asked"]

ALL = "everything"
"""All that the person may do, whatever that is at the moment; for our own apps."""
_READING = (":read", ":explain")


def scopes_asked(catalogue: Catalogue, client: Client, scope: str) -> list[str] | None:
    """What an app asks for; None for all. An app that names nothing asks for what a viewer may, and to delete nothing.

    Raise InvalidScope for what there is not.
    """
    names = sorted(set(scope.split()))
    if client.trusted and (not names or ALL in names):
        return None
    unknown = set(names) - set(catalogue.permissions)
    if unknown:
        raise InvalidScope(f"There is no scope {', '.join(sorted(unknown))[:200]}.")
    return names or [name for name in sorted(catalogue.built_in["viewer"]) if not name.endswith(":delete")]


def only_reads(scopes: Iterable[str] | None) -> bool:
    """Whether what was asked for changes nothing; all that a person may do changes something."""
    return scopes is not None and all(name.endswith(_READING) for name in scopes)


def scope_text(scopes: Iterable[str] | None) -> str:
    """As a token and an answer say it."""
    return ALL if scopes is None else " ".join(sorted(scopes))
