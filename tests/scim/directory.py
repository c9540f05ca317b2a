"""A directory that provisions: a token, and requests as a provider of identities sends them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from tests.people import Person

__all__ = ["Directory", "connect", "verify_domain"]


@dataclass(frozen=True)
class Directory:
    """One organisation's, with the domain that it has proven."""

    client: httpx.AsyncClient
    token: str
    token_id: UUID
    owner: Person
    domain: str

    async def call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **kwargs.pop("headers", {})}
        return await self.client.request(method, f"/scim/v2{path}", headers=headers, **kwargs)

    async def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.call("GET", path, **kwargs)

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.call("POST", path, json=body)

    async def put(self, path: str, body: Any, **kwargs: Any) -> httpx.Response:
        return await self.call("PUT", path, json=body, **kwargs)

    async def patch(self, path: str, *operations: dict[str, Any], **kwargs: Any) -> httpx.Response:
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}
        return await self.call("PATCH", path, json=body, **kwargs)

    async def delete(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.call("DELETE", path, **kwargs)

    def address(self, name: str = "") -> str:
        """An address that the organisation vouches for."""
        return f"{name or uuid4().hex[:12]}@{self.domain}"

    async def user(self, local: str = "", /, **more: Any) -> dict[str, Any]:
        """Bring a user, and what was answered."""
        made = await self.post("/Users", user(self.address(local), **more))
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    async def group(self, called: str, *members: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Bring a group of these users."""
        body = {"schemas": [GROUP], "displayName": called, "members": [{"value": one["id"]} for one in members], **more}
        made = await self.post("/Groups", body)
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found


USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def user(user_name: str, **more: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": user_name, **more}


async def connect(owner: Person, admin: asyncpg.Connection, **settings: Any) -> Directory:
    """Make a token, and prove a domain."""
    await owner.confirm()
    made = await owner.post("/scim/tokens", json={"name": "Entra ID", **settings})
    assert made.status_code == 201, made.text
    domain = f"d{uuid4().hex[:12]}.test"
    await verify_domain(owner, admin, domain)
    secret, token = made.json()["secret"], made.json()["token"]
    return Directory(owner.client, secret, UUID(token["id"]), owner, domain)


async def verify_domain(owner: Person, admin: asyncpg.Connection, domain: str) -> None:
    """As if its record had been found: what a name server says is tests/tenancy/test_domains.py's."""
    claimed = await owner.post("/domains", json={"name": domain})
    assert claimed.status_code == 201, claimed.text
    await admin.execute("update mail_domain set verified_at = now() where name = $1", domain)
