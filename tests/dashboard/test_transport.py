"""The in-process transport: it must stream, tell the application when its reader leaves, and pass on its errors."""

import asyncio

import httpx
import pytest

from chatter_dashboard.api.client import connect_in_process
from chatter_dashboard.api.transport import Message, Receive, Send


class Endless:
    """An application that sends one piece when told to, until its reader leaves."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.left = asyncio.Event()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        gone = asyncio.create_task(self._wait_until_gone(receive))
        await asyncio.wait({asyncio.create_task(self.go.wait()), gone}, return_when=asyncio.FIRST_COMPLETED)
        if not gone.done():
            await send({"type": "http.response.body", "body": b"second", "more_body": False})
            gone.cancel()

    async def _wait_until_gone(self, receive: Receive) -> None:
        message = await receive()
        if message["type"] == "http.disconnect":
            self.left.set()


async def echo(scope: Message, receive: Receive, send: Send) -> None:
    body = (await receive())["body"]
    headers = [(b"x-path", scope["path"].encode()), (b"set-cookie", b"chatter_session=somebody; Path=/")]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": body + scope["query_string"]})


async def test_a_piece_of_the_body_arrives_before_the_next_is_sent() -> None:
    app = Endless()
    async with connect_in_process(app) as http, http.stream("GET", "/events") as response:
        pieces = response.aiter_raw()
        assert await anext(pieces) == b"first"
        app.go.set()
        assert await anext(pieces) == b"second"


async def test_leaving_a_stream_early_tells_the_application() -> None:
    app = Endless()
    async with connect_in_process(app) as http:
        async with http.stream("GET", "/events") as response:
            assert await anext(response.aiter_raw()) == b"first"
        async with asyncio.timeout(5):
            await app.left.wait()


async def test_the_request_reaches_the_application_below_the_api_prefix() -> None:
    async with connect_in_process(echo) as http:
        response = await http.post("/things", params={"query": "a b"}, content=b"body|")
    assert (response.status_code, response.headers["x-path"]) == (201, "/api/v1/things")
    assert response.content == b"body|query=a+b"


async def test_no_cookie_of_one_person_is_kept_for_the_next_request() -> None:
    async with connect_in_process(echo) as http:
        await http.get("/one")
        assert not list(http.cookies.jar)
        assert "cookie" not in (await http.get("/two")).request.headers


async def test_an_application_that_raises_before_answering_is_an_error_of_the_call() -> None:
    async def broken(scope: Message, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError

    async with connect_in_process(broken) as http:
        with pytest.raises(ZeroDivisionError):
            await http.get("/")


async def test_an_application_that_ends_without_an_answer_is_a_protocol_error() -> None:
    async def silent(scope: Message, receive: Receive, send: Send) -> None:
        return None

    async with connect_in_process(silent) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get("/")
