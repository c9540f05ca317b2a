"""Stylesheets, fonts and scripts that are served under a name that changes with their content."""

import hashlib
from functools import cache

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from chatter_dashboard.components.bundle import ASSETS

__all__ = ["FAVICON", "asset_routes", "asset_url", "head_html"]

FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#4f46e5"/>'
    '<path d="M9 11.5A2.5 2.5 0 0 1 11.500 9h9a2.500 2.500 0 0 1 2.500 2.500v6a2.500 2.500 0 0 1-2.500 2.500H14l-4.200 '
    '3.200c-.330.250-.8.020-.8-.4z" fill="none" stroke="#fff" stroke-width="2.2" stroke-linejoin="round"/></svg>'
)


@cache
def _prefix() -> str:
    digest = hashlib.sha256()
    for path in sorted(ASSETS.rglob("*")):
        if path.is_file() and path.suffix in {".css", ".js", ".woff2"}:
            digest.update(path.read_bytes())
    return f"/_chatter/{digest.hexdigest()[:12]}"


def asset_url(path: str) -> str:
    """The address of a file below assets/."""
    return f"{_prefix()}/{path}"


def asset_routes() -> list[BaseRoute]:
    """The routes that serve them; fonts are compressed already."""
    fonts = _Immutable(directory=ASSETS / "fonts")
    rest = GZipMiddleware(_Immutable(directory=ASSETS), minimum_size=500)
    return [Mount(asset_url("fonts"), fonts), Mount(_prefix(), rest)]


def head_html() -> str:
    """What every page needs before its first paint."""
    return (
        f'<script src="{asset_url("esm/theme.js")}"></script>'
        f'<link rel="preload" href="{asset_url("fonts/inter-latin.woff2")}" as="font" type="font/woff2" crossorigin>'
        f'<link rel="stylesheet" href="{asset_url("css/app.css")}">'
        f'<link rel="stylesheet" href="{asset_url("css/icons.css")}">'
    )


class _Immutable(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
