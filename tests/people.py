"""People who use the API in tests: each signs up with an organisation of their own."""

from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
from litestar import Litestar

__all__ = ["PASSWORD", "Person", "asgi", "sign_in", "sign_up"]

PASSWORD = "correct horse battery"


def asgi(app: Litestar) -> httpx.ASGITransport:
    """Litestar's and httpx's words for the same interface differ in type."""
    return httpx.ASGITransport(app=cast(Any, app))


@dataclass(frozen=True)
class Person:
    """Somebody signed in, with a client that carries the session."""

    client: httpx.AsyncClient
    token: str
    user_id: UUID
    organization_id: UUID
    email: str
    extra: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **self.extra, **kwargs.pop("headers", {})}
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **kwargs)

    async def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.call("GET", path, **kwargs)

    async def post(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.call("POST", path, **kwargs)

    async def patch(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.call("PATCH", path, **kwargs)

    async def put(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.call("PUT", path, **kwargs)

    async def delete(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.call("DELETE", path, **kwargs)

    async def colleague(self, role: str = "member") -> "Person":
        """A new member of the same organisation, signed in."""
        email = f"{uuid4().hex[:12]}@example.test"
        added = await self.post("/members", json={"email": email, "name": "Bo Lind", "role": role})
        assert added.status_code == 201, added.text
        password = added.json()["initial_password"]
        return await sign_in(self.client, email=email, password=password)

    async def service(self, role: str = "member", *, name: str = "") -> "Person":
        """A new service account of the same organisation, with a key for its token."""
        body = {"name": name or f"Service {uuid4().hex[:12]}", "role": role}
        made = await self.post("/service-accounts", json=body)
        assert made.status_code == 201, made.text
        key = await self.post(f"/service-accounts/{made.json()['id']}/keys", json={"name": "First"})
        assert key.status_code == 201, key.text
        account_id, token = UUID(made.json()["id"]), key.json()["secret"]
        return Person(self.client, token, account_id, self.organization_id, "")


async def sign_up(client: httpx.AsyncClient, *, organization: str = "Acme", name: str = "Dana Reyes") -> Person:
    """A new owner of a new organisation."""
    email = f"{uuid4().hex[:12]}@example.test"
    body = {"organization_name": organization, "name": name, "email": email, "password": PASSWORD}
    answer = await client.post("/api/v1/auth/sign-up", json=body)
    assert answer.status_code == 201, answer.text
    client.cookies.clear()
    return _person(client, answer.json())


async def sign_in(client: httpx.AsyncClient, *, email: str, password: str = PASSWORD) -> Person:
    answer = await client.post("/api/v1/auth/sign-in", json={"email": email, "password": password})
    assert answer.status_code == 200, answer.text
    client.cookies.clear()
    return _person(client, answer.json())


def _person(client: httpx.AsyncClient, body: dict[str, Any]) -> Person:
    return Person(
        client=client,
        token=body["token"],
        user_id=UUID(body["user"]["id"]),
        organization_id=UUID(body["organizations"][0]["id"]),
        email=body["user"]["email"],
    )
