"""The typed client: credentials out, Structs and problems in."""

from uuid import UUID

import pytest

from chatter_dashboard.api.client import Api, connect_in_process
from chatter_dashboard.api.problems import ApiProblem
from chatter_dashboard.api.transport import Message, Receive, Send

ORGANIZATION = UUID(int=7)


class Answering:
    """An application that gives one answer and keeps the request's headers."""

    def __init__(self, status: int, body: bytes) -> None:
        self._status = status
        self._body = body
        self.headers: dict[str, str] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        await send({"type": "http.response.start", "status": self._status, "headers": [(b"x-request-id", b"r-1")]})
        await send({"type": "http.response.body", "body": self._body})


async def test_a_call_carries_the_session_and_the_organization() -> None:
    app = Answering(200, b'{"first_person": false, "sign_up_open": true}')
    async with connect_in_process(app) as http:
        setup = await Api(http, token="secret", organization_id=ORGANIZATION).identity.setup()
    assert setup.sign_up_open
    assert app.headers["authorization"] == "Bearer secret"
    assert app.headers["chatter-organization"] == str(ORGANIZATION)


async def test_a_problem_document_becomes_an_exception_with_its_remedy() -> None:
    body = b'{"type":"t","title":"Gone","status":401,"detail":"Sign in.","code":"x","request_id":"r","remedy":"Do."}'
    async with connect_in_process(Answering(401, body)) as http:
        with pytest.raises(ApiProblem) as caught:
            await Api(http, token="t").identity.me()
    assert caught.value.signed_out
    assert (caught.value.problem.detail, caught.value.problem.remedy) == ("Sign in.", "Do.")


async def test_an_answer_that_is_no_problem_document_still_names_its_request() -> None:
    async with connect_in_process(Answering(502, b"<html>bad gateway</html>")) as http:
        with pytest.raises(ApiProblem) as caught:
            await Api(http, token="t").identity.me()
    assert caught.value.problem.request_id == "r-1"
    assert caught.value.problem.status == 502
