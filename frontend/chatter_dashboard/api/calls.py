"""One signed-in person's calls: credentials on the way out, Structs and problems on the way in."""

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

import httpx
import msgspec

from chatter.kit.schema import Schema
from chatter_dashboard.api.problems import problem_from, unreachable

__all__ = ["Calls", "Query"]

T = TypeVar("T")
Query = Mapping[str, str | int | list[str] | None]


class Calls:
    """Sends requests with a person's session and organisation."""

    def __init__(self, http: httpx.AsyncClient, *, token: str, organization_id: UUID | None = None) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if organization_id is not None:
            self._headers["Chatter-Organization"] = str(organization_id)

    def forward(self, addresses: str) -> None:
        """Name the addresses that the person's own request came through, for the audit log."""
        self._headers["X-Forwarded-For"] = addresses

    def unattended(self) -> None:
        """Say of each call that nobody asked for it: an open tab does not keep its session from ending."""
        self._headers["Chatter-Unattended"] = "1"

    async def get(self, path: str, into: type[T], *, query: Query | None = None) -> T:
        """Fetch and decode; None values of the query are left out."""
        response = await self._request("GET", path, query=query)
        return msgspec.json.decode(response.content, type=into)

    async def send(self, method: str, path: str, into: type[T], *, body: Schema | None = None) -> T:
        """Send a Struct and decode the answer."""
        response = await self._request(method, path, body=body)
        return msgspec.json.decode(response.content, type=into)

    async def act(self, method: str, path: str, *, body: Schema | None = None) -> None:
        """Send a request whose answer has no body."""
        await self._request(method, path, body=body)

    async def _request(
        self, method: str, path: str, *, query: Query | None = None, body: Schema | None = None
    ) -> httpx.Response:
        parameters = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        content = None if body is None else msgspec.json.encode(body)
        try:
            response = await self._http.request(method, path, params=parameters, content=content, headers=headers)
        except httpx.TransportError as error:
            raise unreachable() from error
        if response.status_code >= 400:
            raise problem_from(response)
        return response
