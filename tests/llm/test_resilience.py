"""Who answers when a provider can't: another model before the first token, nobody after it, no storm of attempts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from chatter.kit.http import HttpSessions
from chatter.llm.adapters.wires import Wires
from chatter.llm.errors import (
    ProviderBroken,
    ProviderBusy,
    ProviderKeyRefused,
    ProviderUnreachable,
    UpstreamCutShort,
)
from chatter.llm.facade import ChatModelHandle
from chatter.llm.ports import ChatMessage, ChatTarget
from chatter.llm.resilience import Breaker, FairSlots, Resilience
from chatter.usage.facade import Ledger
from tests.upstream.server import Upstream

TENANT = uuid4()


@pytest.fixture
def resilience() -> Resilience:
    return Resilience()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(purpose="answer", origin=uuid4())


def handle(sessions: HttpSessions, upstream: Upstream, resilience: Resilience, *models: str) -> ChatModelHandle:
    """The first model, with the others to stand in; each at a provider of its own."""
    first, *others = [
        ChatModelHandle(
            tenant_id=TENANT,
            provider_id=uuid4(),
            model_id=uuid4(),
            name=model,
            label=model,
            provider="Fake",
            context_tokens=1000,
            small=False,
            price=None,
            target=ChatTarget(base_url=upstream.url, model=model, provider="Fake"),
            wire=Wires(sessions),
            resilience=resilience,
        )
        for model in models
    ]
    return replace(first, stand_ins=tuple(others))


async def said(model: ChatModelHandle, ledger: Ledger) -> str:
    question = [ChatMessage("user", "the sky is blue")]
    return "".join([delta.text async for delta in model.stream(question, ledger=ledger, max_tokens=50)])


@pytest.mark.parametrize("first", ["429", "500", "503", "html"])
async def test_the_next_model_answers_when_one_is_busy_or_broken(
    sessions: HttpSessions, upstream: Upstream, resilience: Resilience, ledger: Ledger, first: str
) -> None:
    model = handle(sessions, upstream, resilience, first, "500", "echo")
    assert await said(model, ledger) == "the sky is blue"
    assert [(use.model, use.outcome) for use in ledger.uses] == [
        (first, "refused"),
        ("500", "refused"),
        ("echo", "complete"),
    ]
    assert len({use.id for use in ledger.uses}) == 3


async def test_the_next_model_answers_when_one_ends_without_a_word(
    sessions: HttpSessions, upstream: Upstream, resilience: Resilience, ledger: Ledger
) -> None:
    model = handle(sessions, upstream, resilience, "wordless", "echo")
    assert await said(model, ledger) == "the sky is blue"
    outcomes = [(use.model, use.outcome, use.first_token_ms is None) for use in ledger.uses]
    assert outcomes == [("wordless", "cut", True), ("echo", "complete", False)]


@pytest.mark.parametrize("first", ["401", "404"])
async def test_what_was_refused_for_good_is_not_tried_elsewhere(
    sessions: HttpSessions, upstream: Upstream, resilience: Resilience, ledger: Ledger, first: str
) -> None:
    with pytest.raises(Exception, match="Fake"):
        await said(handle(sessions, upstream, resilience, first, "echo"), ledger)
    assert len(upstream.bodies) == 1


async def test_nothing_is_repeated_after_the_first_token(
    sessions: HttpSessions, upstream: Upstream, resilience: Resilience, ledger: Ledger
) -> None:
    with pytest.raises(UpstreamCutShort):
        await said(handle(sessions, upstream, resilience, "cut-after-3", "echo"), ledger)
    assert len(upstream.bodies) == 1
    assert ledger.uses[0].outcome == "cut"


async def test_the_last_model_is_asked_once_more_and_no_more(
    sessions: HttpSessions, upstream: Upstream, resilience: Resilience, ledger: Ledger
) -> None:
    with pytest.raises(ProviderBroken):
        await said(handle(sessions, upstream, resilience, "500"), ledger)
    assert len(upstream.bodies) == 2


async def test_a_wait_that_is_too_long_is_passed_on_at_once(
    sessions: HttpSessions, upstream: Upstream, resilience: Resilience, ledger: Ledger
) -> None:
    with pytest.raises(ProviderBusy) as raised:
        await said(handle(sessions, upstream, resilience, "429"), ledger)
    assert raised.value.retry_after == 7
    assert len(upstream.bodies) == 1


async def test_a_provider_that_fails_again_and_again_is_left_alone(
    sessions: HttpSessions, upstream: Upstream, resilience: Resilience, ledger: Ledger
) -> None:
    model = handle(sessions, upstream, resilience, "500")
    for _ in range(3):
        with pytest.raises((ProviderBroken, ProviderUnreachable)):
            await said(model, ledger)
    asked = len(upstream.bodies)
    with pytest.raises(ProviderUnreachable, match="left alone"):
        await said(model, ledger)
    assert len(upstream.bodies) == asked == 6


async def test_a_refused_key_does_not_open_the_breaker(
    sessions: HttpSessions, upstream: Upstream, resilience: Resilience, ledger: Ledger
) -> None:
    model = handle(sessions, upstream, resilience, "401")
    for _ in range(8):
        with pytest.raises(ProviderKeyRefused):
            await said(model, ledger)


def test_a_breaker_lets_one_call_through_to_see() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(5):
        breaker.failed()
    assert not breaker.admits()
    now[0] = 31.0
    assert breaker.admits()
    assert not breaker.admits(), "one at a time"
    breaker.failed()
    assert not breaker.admits()
    now[0] = 62.0
    assert breaker.admits()
    breaker.succeeded()
    assert breaker.admits()


async def test_organisations_take_turns_however_many_of_one_wait() -> None:
    slots, order = FairSlots(1), list[str]()
    greedy, modest = UUID(int=1), UUID(int=2)

    async def work(tenant_id: UUID, name: str) -> None:
        async with slots.slot(tenant_id):
            order.append(name)

    async with _taken(slots):
        waiting = [asyncio.create_task(work(greedy, f"greedy {n}")) for n in range(4)]
        await asyncio.sleep(0)
        waiting.append(asyncio.create_task(work(modest, "modest")))
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert order == ["greedy 0", "modest", "greedy 1", "greedy 2", "greedy 3"]


async def test_a_provider_gets_no_more_calls_at_once_than_its_organisation_lets_it(
    sessions: HttpSessions, upstream: Upstream, resilience: Resilience, ledger: Ledger
) -> None:
    model = replace(handle(sessions, upstream, resilience, "tokens-20@100"), max_concurrency=2)
    first_words: list[int] = []

    async def ask(asked: ChatModelHandle) -> None:
        async with aclosing(asked.stream([ChatMessage("user", "go")], ledger=ledger, max_tokens=50)) as deltas:
            await anext(deltas)
            begun.add(asked_now := object())
            first_words.append(len(begun))
            async for _ in deltas:
                pass
            begun.discard(asked_now)

    begun: set[object] = set()
    await asyncio.gather(*(ask(model) for _ in range(5)))
    assert max(first_words) == 2
    first_words.clear()
    await asyncio.gather(*(ask(replace(model, max_concurrency=None)) for _ in range(5)))
    assert max(first_words) == 5


async def test_who_leaves_the_queue_takes_no_slot_along() -> None:
    slots = FairSlots(1)

    async def work() -> None:
        async with slots.slot(UUID(int=1)):
            pass

    async with _taken(slots):
        leaving = asyncio.create_task(work())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
    async with asyncio.timeout(1), slots.slot(UUID(int=2)):
        pass


@asynccontextmanager
async def _taken(slots: FairSlots) -> AsyncIterator[None]:
    async with slots.slot(UUID(int=9)):
        yield
