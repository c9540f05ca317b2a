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
