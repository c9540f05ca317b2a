"""The local models, as the process that the server starts."""

import asyncio
import io
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

import aiohttp
import msgspec
import numpy as np
import pytest
import pytest_asyncio

from chatter.kit.http import HttpSessions
from chatter.kit.settings import Settings
from chatter.llm.adapters.wires import Wires
from chatter.llm.errors import ProviderKeyRefused, ProviderModelUnknown
from chatter.llm.facade import make_embedder
from chatter.llm.local_models.prompt import fit_prompt
from chatter.llm.local_models.wire import Message
from chatter.llm.ports import ChatCall, ChatMessage, ChatTarget, Embedder
from chatter.llm.presets import BUILT_IN_MODEL_NAME

KEY = "the key of this test"
PASSAGE = (
    "The employee handbook says that annual leave must be requested two weeks ahead and approved by the team lead. "
)


@pytest_asyncio.fixture(scope="module")
async def local_models() -> AsyncIterator[str]:
    """Its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chatter.llm.local_models", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "CHATTER_LOCAL_MODELS_KEY": KEY},
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 60)
    yield line.decode().removeprefix("READY ").strip()
    process.terminate()
    await asyncio.wait_for(process.wait(), 20)


@pytest.fixture
def embedder(local_models: str, sessions: HttpSessions) -> Embedder:
    return make_embedder(sessions, Settings(local_models_url=local_models, local_models_key=KEY))


def question(url: str, *, content: str, max_tokens: int = 12, model: str = BUILT_IN_MODEL_NAME) -> ChatCall:
    target = ChatTarget(base_url=url, model=model, key=KEY, provider="Local", internal=True)
    return ChatCall(target=target, messages=[ChatMessage("user", content)], max_tokens=max_tokens)


async def test_texts_of_like_meaning_are_near_each_other(embedder: Embedder) -> None:
    texts = ["How many days off do I get?", "Annual leave is 28 days a year.", "The router has four ports."]
    vectors = (await embedder.embed(texts, purpose="query", calls=[])).astype(np.float32)
    assert vectors.shape == (3, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=2e-3)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


async def test_a_text_has_the_same_vector_alone_and_among_others(embedder: Embedder) -> None:
    texts = [PASSAGE * (1 + n % 3) + str(n) for n in range(12)]
    together = (await embedder.embed(texts, purpose="passage", calls=[])).astype(np.float32)
    for n in (0, 5, 11):
        alone = (await embedder.embed([texts[n]], purpose="query", calls=[])).astype(np.float32)
        assert float(alone[0] @ together[n]) > 0.99


async def test_a_question_does_not_wait_for_a_book(embedder: Embedder) -> None:
    book = asyncio.create_task(embedder.embed([PASSAGE * 8] * 12, purpose="passage", calls=[]))
    waits: list[float] = []
    while not book.done():
        started = time.perf_counter()
        await embedder.embed(["how much leave do I get?"], purpose="query", calls=[])
        waits.append(time.perf_counter() - started)
    assert len(await book) == 12
    assert len(waits) > 3
    assert sorted(waits)[len(waits) // 2] < 0.5, "the book takes several seconds"


async def test_the_small_model_streams_and_counts(local_models: str, sessions: HttpSessions) -> None:
    deltas = [d async for d in Wires(sessions).stream_chat(question(local_models, content="Say hello to Ada."))]
    assert len(deltas) > 3
    assert deltas[-1].finish_reason in {"stop", "length"}
    assert deltas[-1].usage
    assert 0 < deltas[-1].usage.output_tokens <= 12


async def test_leaving_stops_the_small_model(local_models: str, sessions: HttpSessions) -> None:
    wire = Wires(sessions)
    for _ in range(4):
        async with aclosing(
            wire.stream_chat(question(local_models, content="Tell a long story.", max_tokens=500))
        ) as story:
            await anext(story)
    started = time.perf_counter()
    async for _ in wire.stream_chat(question(local_models, content="Hello", max_tokens=3)):
        pass
    assert time.perf_counter() - started < 8, "two abandoned stories of 500 tokens would take longer"


async def test_the_key_is_asked_for(local_models: str, sessions: HttpSessions) -> None:
    target = ChatTarget(base_url=local_models, model="", key="wrong", provider="Local", internal=True)
    with pytest.raises(ProviderKeyRefused):
        await Wires(sessions).list_models(target)


async def test_unknown_models_and_unreadable_requests_are_refused(local_models: str, sessions: HttpSessions) -> None:
    with pytest.raises(ProviderModelUnknown):
        await anext(Wires(sessions).stream_chat(question(local_models, content="x", model="gpt-4")))
    headers = {"authorization": f"Bearer {KEY}"}
    bodies = {b"{": 400, b'{"model":"all-minilm-l6-v2","input":[]}': 400, b"x" * ((16 << 20) + 1): 413}
    for body, status in bodies.items():
        async with sessions.internal.post(
            f"{local_models}/embeddings", data=io.BytesIO(body), headers=headers
        ) as response:
            assert response.status == status


async def test_health_needs_no_key(local_models: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(local_models.replace("/v1", "/health")) as response:
        assert await response.json() == {"status": "ok"}


def test_a_long_conversation_loses_its_oldest_messages_first() -> None:
    messages = [
        Message("system", "Be brief."),
        *(Message("user", f"{n}" * 400) for n in range(6)),
        Message("user", "Why?"),
    ]
    fitted = fit_prompt(messages, limit=1000)
    assert [message.content[0] for message in fitted.messages] == ["B", "4", "5", "W"]
    assert fitted.dropped_bytes == 1600


def test_a_long_prompt_is_cut_in_its_middle_and_says_how_much() -> None:
    fitted = fit_prompt([Message("user", "first passage " + "ü" * 3000 + " the question")], limit=600)
    assert fitted.messages[0].content.startswith("first passage")
    assert fitted.messages[0].content.endswith("the question")
    assert "[…]" in fitted.messages[0].content
    assert len(fitted.messages[0].content.encode()) <= 600
    assert fitted.dropped_bytes > 5000


def test_a_short_prompt_is_left_alone() -> None:
    fitted = fit_prompt([Message("user", "Hello")])
    assert (fitted.messages[0].content, fitted.dropped_bytes) == ("Hello", 0)


def test_the_beginning_of_an_answer_is_kept_with_its_question() -> None:
    messages = [Message("user", "old" * 400), Message("user", "Why?"), Message("assistant", "Because")]
    assert [message.content for message in fit_prompt(messages, limit=200).messages] == ["Why?", "Because"]


async def test_the_small_model_continues_a_begun_answer(local_models: str, sessions: HttpSessions) -> None:
    call = question(
        local_models, content="Text:\n- The library opens at nine.\n\nQuestion: When does the library open?"
    )
    begun = msgspec.structs.replace(call, messages=[*call.messages, ChatMessage("assistant", "Your documents say:\n-")])
    text = "".join([delta.text async for delta in Wires(sessions).stream_chat(begun)])
    assert "nine" in text
    assert not text.startswith("Your documents")
