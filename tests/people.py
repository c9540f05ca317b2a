"""People who use the API in tests: each signs up with an organisation of their own."""

from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
from litestar import Litestar

from chatter.identity.mail_links import SIGN_UP, link_token
from chatter.tenancy.invitation_tokens import invitation_token
from tests.servers import SECRET_KEY

__all__ = ["PASSWORD", "Person", "asgi", "invitation_key", "sign_in", "sign_up", "sign_up_token"]

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
        """A new member of the same organisation, who joined by an invitation and is signed in."""
        key = await self._invite(f"{uuid4().hex[:12]}@example.test", role=role)
        body = {"name": "Bo Lind", "password": PASSWORD, **key}
        joined = await self.client.post("/api/v1/invitations/accept", json=body)
        assert joined.status_code == 200, joined.text
        self.client.cookies.clear()
        return _person(self.client, joined.json())

    async def welcome(self, other: "Person", role: str = "member") -> None:
        """Let somebody in who is known from another organisation, by an invitation that they accept."""
        joined = await other.post("/me/invitations/accept", json=await self._invite(other.email, role=role))
        assert joined.status_code == 200, joined.text

    async def confirm(self) -> None:
        """Prove once more who this is: some stands live for longer than a proof suffices."""
        confirmed = await self.post("/auth/confirm", json={"password": PASSWORD})
        assert confirmed.status_code == 200, confirmed.text

    async def service(self, role: str = "member", *, name: str = "") -> "Person":
        """A new service account of the same organisation, with a key for its token."""
        body = {"name": name or f"Service {uuid4().hex[:12]}", "role": role}
        made = await self.post("/service-accounts", json=body)
        assert made.status_code == 201, made.text
        await self.confirm()
        key = await self.post(f"/service-accounts/{made.json()['id']}/keys", json={"name": "First"})
        assert key.status_code == 201, key.text
        account_id, token = UUID(made.json()["id"]), key.json()["secret"]
        return Person(self.client, token, account_id, self.organization_id, "")

    async def _invite(self, email: str, *, role: str) -> dict[str, str]:
        invited = await self.post("/invitations", json={"email": email, "role": role})
        assert invited.status_code == 201, invited.text
        return invitation_key(self.organization_id, UUID(invited.json()["id"]))


def invitation_key(organization_id: UUID, invitation_id: UUID) -> dict[str, str]:
    """What stands in the link of an invitation's first mail: the key of the tests' servers derives it."""
    token = invitation_token(SECRET_KEY, tenant_id=organization_id, invitation_id=invitation_id, serial=1)
    return {"organization_id": str(organization_id), "token": token}


def sign_up_token(sign_up_id: UUID) -> str:
    """What stands in the link of the mail to a new address."""
    return link_token(SECRET_KEY, purpose=SIGN_UP, link=sign_up_id)


async def sign_up(
    client: httpx.AsyncClient, *, organization: str = "Acme", name: str = "Dana Reyes", email: str = ""
) -> Person:
    """A new owner of a new organisation, who has followed the link."""
    body = {"organization_name": organization, "name": name, "email": email or f"{uuid4().hex[:12]}@example.test"}
    asked = await client.post("/api/v1/auth/sign-up", json=body)
    assert asked.status_code == 202, asked.text
    token = asked.json()["token"] or sign_up_token(UUID(asked.json()["id"]))
    answer = await client.post("/api/v1/auth/sign-up/finish", json={"token": token, "password": PASSWORD})
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
