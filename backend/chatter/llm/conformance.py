"""What every wire to models must do, as tests that whoever writes one runs against it.

In a test module of the plugin, with pytest-asyncio in its automatic mode:

    from chatter.llm.conformance import *

    @pytest.fixture
    def conformance(my_provider) -> Conformance:
        return Conformance(MyWire(...), my_provider.target, expect)

`expect` makes the provider ready: it is told a model's name and a Script, and from then on a call of that model is
answered as the script says. A provider that can't do a thing at all leaves it out of `Conformance.offers`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Literal, get_args

import msgspec

from chatter.llm.errors import ProviderBusy, ProviderFault, ProviderKeyRefused, UpstreamCutShort
from chatter.llm.ports import (
    AnswerSchema,
    ChatCall,
    ChatDelta,
    ChatMessage,
    ChatTarget,
    ChatWire,
    FinishReason,
    Image,
    TokenUsage,
    ToolCall,
    ToolSpec,
)
from chatter.llm.tool_calls import ToolCalls

__all__ = [
    "Conformance",
    "Script",
    "test_a_call_of_a_tool_is_whole_and_its_pieces_belong_together",
    "test_a_clean_end_without_a_finish_reason_is_no_answer",
    "test_a_picture_can_be_shown",
    "test_a_refused_key_is_not_to_be_tried_again",
    "test_a_stop_at_the_limit_says_so",
    "test_a_tools_result_can_be_sent_back",
    "test_an_answer_can_be_given_a_shape",
    "test_arguments_that_are_no_json_come_as_they_were_written",
    "test_text_comes_whole_in_order_with_a_finish_reason",
    "test_thoughts_come_apart_from_the_answer",
    "test_usage_comes_with_the_last_delta",
    "test_who_is_asked_to_wait_is_told_for_how_long",
]

Offer = Literal[
    "tools", "reasoning", "vision", "shape", "malformed_arguments", "retry_after", "finish_reason", "truncation"
]
ALL_OFFERS: frozenset[Offer] = frozenset(get_args(Offer))
_SHAPE = AnswerSchema(name="sum", schema=msgspec.Raw(b'{"type":"object","properties":{"sum":{"type":"integer"}}}'))
_TOOL = ToolSpec(
    name="weather",
    description="The weather of a place",
    parameters=msgspec.Raw(b'{"type":"object","properties":{"place":{"type":"string"}},"required":["place"]}'),
)
_DOT = Image(
    media_type="image/png",
    data=bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
    ),
)
_ARGUMENTS = {"place": "São Paulo, “the large one” 🌍", "days": 3}


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """How the provider answers."""

    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish: FinishReason | None = "stop"
    """None: the stream ends cleanly, and says nothing of why."""
    usage: TokenUsage | None = None
    status: int = 200
    retry_after: int | None = None


@dataclass(frozen=True)
class Conformance:
    """A wire, where its provider answers, and how the provider is told what to answer."""

    wire: ChatWire
    target: ChatTarget
    expect: Callable[[str, Script], Awaitable[None]]
    offers: frozenset[Offer] = ALL_OFFERS
    _number: "count[int]" = field(default_factory=count)

    async def ask(self, script: Script, call: ChatCall | None = None) -> list[ChatDelta]:
        """The deltas of an answer that follows the script."""
        model = f"conformance-{next(self._number)}-{abs(hash(script)) % 10**8}"
        await self.expect(model, script)
        asked = call or self.call()
        target = msgspec.structs.replace(self.target, model=model)
        return [delta async for delta in self.wire.stream_chat(msgspec.structs.replace(asked, target=target))]

    async def fault(self, script: Script) -> ProviderFault | None:
        """What a call that follows the script raises."""
        try:
            await self.ask(script)
        except ProviderFault as fault:
            return fault
        return None

    def call(self, *messages: ChatMessage, tools: tuple[ToolSpec, ...] = ()) -> ChatCall:
        """A question."""
        said = messages or (ChatMessage("system", "Be brief."), ChatMessage("user", "How is it there?"))
        return ChatCall(target=self.target, messages=said, max_tokens=100, tools=tools, idle_seconds=10)


async def test_text_comes_whole_in_order_with_a_finish_reason(conformance: Conformance) -> None:
    said = "Grüße,\n“world” 🌍 " + "and so on " * 50
    deltas = await conformance.ask(Script(text=said))
    assert _text(deltas) == said
    assert deltas[-1].finish_reason == "stop"
    assert [delta.finish_reason for delta in deltas[:-1]] == [None] * (len(deltas) - 1)


async def test_usage_comes_with_the_last_delta(conformance: Conformance) -> None:
    deltas = await conformance.ask(Script(text="Yes.", usage=TokenUsage(input_tokens=17, output_tokens=5)))
    assert deltas[-1].usage == TokenUsage(input_tokens=17, output_tokens=5)


async def test_a_stop_at_the_limit_says_so(conformance: Conformance) -> None:
    if "finish_reason" in conformance.offers:
        assert (await conformance.ask(Script(text="Once upon", finish="length")))[-1].finish_reason == "length"


async def test_a_clean_end_without_a_finish_reason_is_no_answer(conformance: Conformance) -> None:
    if "truncation" in conformance.offers:
        assert isinstance(await conformance.fault(Script(text="Half of", finish=None)), UpstreamCutShort)


async def test_a_refused_key_is_not_to_be_tried_again(conformance: Conformance) -> None:
    fault = await conformance.fault(Script(status=401))
    assert isinstance(fault, ProviderKeyRefused)
    assert not fault.retryable
    assert fault.remedy


async def test_who_is_asked_to_wait_is_told_for_how_long(conformance: Conformance) -> None:
    fault = await conformance.fault(Script(status=429, retry_after=7))
    assert isinstance(fault, ProviderBusy)
    if "retry_after" in conformance.offers:
        assert fault.retry_after == 7


async def test_a_call_of_a_tool_is_whole_and_its_pieces_belong_together(conformance: Conformance) -> None:
    if "tools" not in conformance.offers:
        return
    wanted = (
        ToolCall(id="call_a", name="weather", arguments=msgspec.json.encode(_ARGUMENTS).decode()),
        ToolCall(id="call_b", name="weather", arguments='{"place":"Oslo"}'),
    )
    script = Script(tool_calls=wanted, finish="tool_calls")
    deltas = await conformance.ask(script, conformance.call(tools=(_TOOL,)))
    gathered = ToolCalls()
    for delta in deltas:
        gathered.add(delta.tool_calls)
    found = gathered.whole()
    assert [call.name for call in found] == ["weather", "weather"]
    assert [msgspec.json.decode(call.arguments) for call in found] == [_ARGUMENTS, {"place": "Oslo"}]
    assert len({call.id for call in found}) == len(found)
    assert deltas[-1].finish_reason == "tool_calls"
    assert _text(deltas) == ""


async def test_a_tools_result_can_be_sent_back(conformance: Conformance) -> None:
    if "tools" not in conformance.offers:
        return
    calls = tuple(ToolCall(id=name, name="weather", arguments='{"place":"Oslo"}') for name in ("call_a", "call_b"))
    asked = (
        ChatMessage("user", "How is it there?"),
        ChatMessage("assistant", "", tool_calls=calls),
        ChatMessage("tool", "27 degrees", tool_call_id="call_a"),
        ChatMessage("tool", "", tool_call_id="call_b"),
    )
    deltas = await conformance.ask(Script(text="Warm."), conformance.call(*asked, tools=(_TOOL,)))
    assert _text(deltas) == "Warm."


async def test_arguments_that_are_no_json_come_as_they_were_written(conformance: Conformance) -> None:
    if "malformed_arguments" not in conformance.offers:
        return
    wanted = (ToolCall(id="call_a", name="weather", arguments='{"place": "Os'),)
    deltas = await conformance.ask(Script(tool_calls=wanted, finish="tool_calls"), conformance.call(tools=(_TOOL,)))
    gathered = ToolCalls()
    for delta in deltas:
        gathered.add(delta.tool_calls)
    assert gathered.whole()[0].arguments == '{"place": "Os'
    again = (
        ChatMessage("user", "How?"),
        ChatMessage("assistant", "", tool_calls=gathered.whole()),
        ChatMessage("tool", "The arguments are no JSON.", tool_call_id=gathered.whole()[0].id),
    )
    assert _text(await conformance.ask(Script(text="Sorry."), conformance.call(*again, tools=(_TOOL,)))) == "Sorry."


async def test_thoughts_come_apart_from_the_answer(conformance: Conformance) -> None:
    if "reasoning" not in conformance.offers:
        return
    deltas = await conformance.ask(Script(text="Four.", reasoning="Two and two."))
    assert _text(deltas) == "Four."
    assert "".join(delta.reasoning for delta in deltas) == "Two and two."


async def test_a_picture_can_be_shown(conformance: Conformance) -> None:
    if "vision" in conformance.offers:
        asked = conformance.call(ChatMessage("user", "What is it?", images=(_DOT,)))
        assert _text(await conformance.ask(Script(text="A dot."), asked)) == "A dot."


async def test_an_answer_can_be_given_a_shape(conformance: Conformance) -> None:
    if "shape" not in conformance.offers:
        return
    call = msgspec.structs.replace(conformance.call(), answer_schema=_SHAPE)
    deltas = await conformance.ask(Script(text='{"sum":4}'), call)
    assert msgspec.json.decode(_text(deltas)) == {"sum": 4}
    assert deltas[-1].finish_reason == "stop"


def _text(deltas: list[ChatDelta]) -> str:
    return "".join(delta.text for delta in deltas)
