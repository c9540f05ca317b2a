"""What a caller is told when a request can't be served."""

import pytest

from tests.people import Person

NUL = "holiday\x00 rules"


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "/conversations", {"query": NUL}, None),
        ("GET", "/documents", {"query": NUL}, None),
        ("POST", "/conversations", {}, {"title": NUL}),
        ("PATCH", "/me", {}, {"name": NUL}),
    ],
)
async def test_a_text_that_no_database_can_store_is_refused_with_the_reason(
    owner: Person, method: str, path: str, query: dict[str, str], body: dict[str, str] | None
) -> None:
    answer = await owner.call(method, path, params=query, json=body)
    assert answer.status_code == 422
    assert "NUL" in answer.json()["detail"]
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_a_field_that_is_called_like_a_part_of_the_program_is_refused_like_any_other(owner: Person) -> None:
    body = {"name": "Acme", "issuer": "https://login.example.test", "client_id": "chatter", "client_secret": "secret"}
    answer = await owner.post("/identity-providers", json={**body, "domains": ["acme.test"] * 51})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "domains")
    assert "length <= 50" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("body", [b'{"title": "\xbf\xb8"}', b'"\xbf\xb8"\x7f', b'{"title": ', b"\xff\xfe{\x00}\x00"])
async def test_a_body_that_is_not_json_in_utf_8_is_the_senders_mistake(owner: Person, body: bytes) -> None:
    as_json = {"Content-Type": "application/json"}
    answer = await owner.call("POST", "/conversations", content=body, headers=as_json)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("The body is not JSON: ")
