"""A nonce for each page's own scripts, so that the policy can refuse every other script that stands in a page.

Only the text of NiceGUI's template gets it, before anything is filled in: what people typed can never carry one.
"""

import secrets
from collections.abc import Callable
from contextvars import ContextVar

from jinja2 import BaseLoader, Environment
from nicegui.client import templates

__all__ = ["bind_nonces", "new_nonce"]

_nonce: ContextVar[str] = ContextVar("nonce", default="")
_Source = tuple[str, str | None, Callable[[], bool] | None]


def new_nonce() -> str:
    """Draw the nonce of the request in hand."""
    drawn = secrets.token_urlsafe(16)
    _nonce.set(drawn)
    return drawn


def bind_nonces() -> None:
    """Let NiceGUI's template name the nonce in each of its scripts; called once a process."""
    environment = templates.env
    environment.globals["csp_nonce"] = _nonce.get
    if environment.loader is not None and not isinstance(environment.loader, _Nonced):
        environment.loader = _Nonced(environment.loader)


class _Nonced(BaseLoader):
    def __init__(self, inner: BaseLoader) -> None:
        self._inner = inner

    def get_source(self, environment: Environment, template: str) -> _Source:
        source, path, is_fresh = self._inner.get_source(environment, template)
        return source.replace("<script", '<script nonce="{{ csp_nonce() }}"'), path, is_fresh
