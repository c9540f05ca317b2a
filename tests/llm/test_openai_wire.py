"""The wire: what a provider says, and everything that it gets wrong, each with a real fault on a real socket."""

import asyncio
import time
from contextlib import aclosing

import msgspec
import numpy as np
import pytest

from chatter.kit.errors import ChatterError
from chatter.kit.http import EgressRefused, HttpSessions
from chatter.kit.settings import Settings
from chatter.llm.adapters.wires import Wires
from chatter.llm.errors import (
    ProviderBroken,
    ProviderBusy,
    ProviderIncoherent,
    ProviderKeyRefused,
    ProviderModelUnknown,
    ProviderRefused,
    ProviderTimedOut,
    ProviderUnreachable,
    UpstreamCutShort,
)
from chatter.llm.ports import ChatCall, ChatDelta, ChatMessage, ChatTarget, TokenUsage
from tests.upstream.server import Upstream


def call(
    upstream: Upstream, model: str, *, content: str = "the sky is blue", key: str | None = None, idle_seconds: float = 5
) -> ChatCall:
    target = ChatTarget(base_url=upstream.url, model=model, key=key, provider="Fake")
    return ChatCall(target=target, messages=[ChatMessage("user", content)], max_tokens=100, idle_seconds=idle_seconds)


async def collect(wire: Wires, question: ChatCall) -> list[ChatDelta]:
    return [delta async for delta in wire.stream_chat(question)]


async def test_the_answer_arrives_whole_with_its_finish_reason_and_counts(wire: Wires, upstream: Upstream) -> None:
    deltas = await collect(wire, call(upstream, "echo", content="Grüße,\n“world” 🌍 \\n"))
    assert "".join(delta.text for delta in deltas) == "Grüße,\n“world” 🌍 \\n"
    assert deltas[-1].finish_reason == "stop"
    assert deltas[-1].usage == TokenUsage(input_tokens=4, output_tokens=4)


async def test_an_answer_that_stopped_at_its_limit_says_so(wire: Wires, upstream: Upstream) -> None:
    assert (await collect(wire, call(upstream, "length")))[-1].finish_reason == "length"


async def test_a_provider_that_does_not_count_is_tolerated(wire: Wires, upstream: Upstream) -> None:
    last = (await collect(wire, call(upstream, "no-usage")))[-1]
    assert (last.finish_reason, last.usage) == ("stop", None)


async def test_lines_may_end_in_crlf_and_be_cut_anywhere(wire: Wires, upstream: Upstream) -> None:
    deltas = await collect(wire, call(upstream, "odd-bytes", content="naïve 🌍 text"))
    assert "".join(delta.text for delta in deltas) == "naïve 🌍 text"


async def test_tokens_are_passed_on_as_they_come_and_not_at_the_end(wire: Wires, upstream: Upstream) -> None:
    async with aclosing(wire.stream_chat(call(upstream, "stall"))) as deltas:
        assert (await anext(deltas)).text.startswith("w0 ")


async def test_parameters_that_a_provider_refuses_are_left_out_and_remembered(wire: Wires, upstream: Upstream) -> None:
    for _ in range(2):
        assert (await collect(wire, call(upstream, "picky")))[0].text == "fine"
    assert upstream.requests["POST /v1/chat/completions"] == 3 + 1 + 1
    last = msgspec.json.decode(upstream.bodies[-1])
    assert "max_tokens" not in last
    assert last["max_completion_tokens"] == 100


async def test_the_key_travels_with_each_request(wire: Wires, upstream: Upstream) -> None:
    for key in ("sk-first", "sk-second"):
        await collect(wire, call(upstream, "echo", key=key))
    assert upstream.keys == ["Bearer sk-first", "Bearer sk-second"]


@pytest.mark.parametrize(
    ("model", "fault"),
    [
        ("400", ProviderRefused),
        ("401", ProviderKeyRefused),
        ("403", ProviderKeyRefused),
        ("404", ProviderModelUnknown),
        ("429", ProviderBusy),
        ("500", ProviderBroken),
        ("503", ProviderBroken),
        ("html", ProviderIncoherent),
        ("moved", ProviderRefused),
        ("rubbish", ProviderIncoherent),
        ("error-event", ProviderBroken),
        ("cut-after-0", UpstreamCutShort),
        ("cut-after-5", UpstreamCutShort),
        ("no-finish", UpstreamCutShort),
    ],
)
async def test_each_fault_has_an_error_of_its_own(
    wire: Wires, upstream: Upstream, model: str, fault: type[ChatterError]
) -> None:
    with pytest.raises(fault) as caught:
        await collect(wire, call(upstream, model))
    assert caught.value.detail.startswith("Fake ")
    assert caught.value.remedy


async def test_what_came_before_a_cut_was_passed_on(wire: Wires, upstream: Upstream) -> None:
    async with aclosing(wire.stream_chat(call(upstream, "cut-after-5"))) as deltas:
        assert (await anext(deltas)).text == "w0 w1 w2 w3 w4 "
        with pytest.raises(UpstreamCutShort):
            await anext(deltas)


async def test_a_fast_answer_is_read_in_gulps(wire: Wires, upstream: Upstream) -> None:
    deltas = await collect(wire, call(upstream, "tokens-60@300"))
    assert sum(delta.text.count("w") for delta in deltas) == 60
    assert len(deltas) < 20


COUNTED = {"prompt_tokens": 3, "completion_tokens": 2}
ENDED = msgspec.json.encode({"choices": [{"finish_reason": "stop", "delta": {}}], "usage": COUNTED})


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def says_and_hangs_up(wire: Wires, *last: bytes) -> list[ChatDelta]:
    """What is read of a provider that says two words and this within the time that a fast answer gathers."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    words = [msgspec.json.encode({"choices": [{"delta": {"content": word}}]}) for word in ("one ", "two")]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        for piece in (*(chunk(b"data: %b\n\n" % word) for word in words), *last):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.005)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        return await collect(wire, call(Upstream(url=url), "any"))


async def test_what_had_come_when_the_connection_broke_is_read(wire: Wires) -> None:
    deltas = await says_and_hangs_up(wire, chunk(b"data: %b\n\n" % ENDED))
    assert "".join(delta.text for delta in deltas) == "one two"
    assert deltas[-1].finish_reason == "stop"
    assert deltas[-1].usage == TokenUsage(input_tokens=3, output_tokens=2)


@pytest.mark.parametrize(
    ("last", "fault"),
    [
        ([], UpstreamCutShort),
        ([chunk(b'data: {"error": {"message": "out of memory"}}\n\n')], ProviderBroken),
        ([chunk(b"data: %b\n\ndata: {{{\n\n" % ENDED)], ProviderIncoherent),
        ([b"these are no chunks"], UpstreamCutShort),
    ],
)
async def test_what_a_provider_says_as_it_hangs_up_is_what_is_told(
    wire: Wires, last: list[bytes], fault: type[ChatterError]
) -> None:
    with pytest.raises(fault):
        await says_and_hangs_up(wire, *last)


async def test_a_busy_provider_says_when_to_come_back(wire: Wires, upstream: Upstream) -> None:
    with pytest.raises(ProviderBusy) as caught:
        await collect(wire, call(upstream, "429"))
    assert caught.value.retry_after == 7
    assert "7 seconds" in (caught.value.remedy or "")


@pytest.mark.parametrize("model", ["stall", "silent"])
async def test_a_silent_provider_is_given_up(wire: Wires, upstream: Upstream, model: str) -> None:
    with pytest.raises(ProviderTimedOut):
        await collect(wire, call(upstream, model, idle_seconds=0.2))


async def test_a_provider_that_does_not_stop_is_stopped(wire: Wires, upstream: Upstream) -> None:
    with pytest.raises(ProviderIncoherent, match="did not stop"):
        await collect(wire, call(upstream, "tokens-150000"))


async def test_a_closed_port_is_unreachable(wire: Wires, upstream: Upstream) -> None:
    gone = Upstream(url="http://127.0.0.1:1/v1")
    with pytest.raises(ProviderUnreachable):
        await collect(wire, call(gone, "echo"))


async def test_an_unknown_name_is_unreachable(wire: Wires) -> None:
    with pytest.raises(ProviderUnreachable, match="resolved"):
        await collect(wire, call(Upstream(url="http://nowhere.invalid/v1"), "echo"))


async def test_loopback_is_refused_without_the_operators_leave(upstream: Upstream) -> None:
    async with HttpSessions.open(Settings(egress_allow=[])) as http:
        with pytest.raises(EgressRefused):
            await collect(Wires(http), call(upstream, "echo"))


async def test_leaving_the_stream_hangs_up_on_the_provider(wire: Wires, upstream: Upstream) -> None:
    async with aclosing(wire.stream_chat(call(upstream, "stall"))) as deltas:
        await anext(deltas)
    await asyncio.wait_for(upstream.hung_up.wait(), 5)


async def test_a_key_is_never_in_a_fault(wire: Wires, upstream: Upstream) -> None:
    upstream.key = "sk-right"
    with pytest.raises(ProviderKeyRefused) as caught:
        await collect(wire, call(upstream, "echo", key="sk-very-secret"))
    assert "very-secret" not in f"{caught.value.detail}{caught.value.remedy}{caught.value.__cause__}"
    assert "very-secret" not in repr(call(upstream, "echo", key="sk-very-secret"))


async def test_models_are_listed_in_the_providers_order(wire: Wires, upstream: Upstream) -> None:
    target = ChatTarget(base_url=upstream.url, model="", provider="Fake")
    assert await wire.list_models(target) == ["echo", "quote", "tokens-100", "fake-embeddings"]


async def test_embeddings_come_in_order_and_with_length_one(wire: Wires, upstream: Upstream) -> None:
    target = ChatTarget(base_url=upstream.url, model="fake-embeddings", provider="Fake")
    vectors = await wire.embed(target, ["red apple", "green apple", "tax law"], calls=[])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float16
    full = vectors.astype(np.float32)
    assert np.allclose(np.linalg.norm(full, axis=1), 1, atol=2e-3)
    assert full[0] @ full[1] > full[0] @ full[2]


async def test_a_token_costs_a_fraction_of_a_millisecond(wire: Wires, upstream: Upstream) -> None:
    await collect(wire, call(upstream, "tokens-100@1000"))
    before = time.process_time()
    await asyncio.gather(*(collect(wire, call(upstream, "tokens-200@500")) for _ in range(10)))
    spent = (time.process_time() - before) * 1000 / 2000
    assert spent < 0.3, "client and fake provider together"
