"""The OpenAI wire against a provider that nobody here wrote: tools, thoughts, shapes, pictures and counts."""

from typing import Any

import msgspec

from chatter.llm.adapters.wires import Wires
from chatter.llm.ports import (
    AnswerSchema,
    ChatCall,
    ChatDelta,
    ChatMessage,
    ChatTarget,
    Image,
    TokenUsage,
    ToolCall,
    ToolSpec,
)
from chatter.llm.tool_calls import ToolCalls
from tests.aimock.counterpart import Aimock

WEATHER = ToolSpec(
    name="weather",
    description="The weather of a place",
    parameters=msgspec.Raw(b'{"type":"object","properties":{"place":{"type":"string"}},"required":["place"]}'),
)
ARGUMENTS = '{"place":"São Paulo, the large one","unit":"celsius"}'
DOT = Image(media_type="image/png", data=b"\x89PNG\r\n\x1a\n")


def call(aimock: Aimock, model: str, *messages: ChatMessage, **more: Any) -> ChatCall:
    target = ChatTarget(base_url=f"{aimock.url}/v1", model=model, key="sk-any", provider="Counterpart")
    said = messages or (ChatMessage("user", "How is it?"),)
    return msgspec.structs.replace(ChatCall(target=target, messages=said, max_tokens=100, idle_seconds=5), **more)


async def collect(wire: Wires, question: ChatCall) -> list[ChatDelta]:
    return [delta async for delta in wire.stream_chat(question)]


async def test_tool_calls_come_in_fragments_and_are_whole_at_the_end(wire: Wires, aimock: Aimock) -> None:
    calls = [{"name": "weather", "arguments": ARGUMENTS, "id": "call_a"}, {"name": "weather", "arguments": "{}"}]
    await aimock.answers("calls", {"toolCalls": calls}, chunkSize=7)
    deltas = await collect(wire, call(aimock, "calls", tools=(WEATHER,)))
    gathered = ToolCalls()
    for delta in deltas:
        gathered.add(delta.tool_calls)
    first, second = gathered.whole()
    assert first == ToolCall(id="call_a", name="weather", arguments=ARGUMENTS)
    assert (second.name, second.arguments) == ("weather", "{}")
    assert second.id
    assert second.id != first.id
    assert sum(len(delta.tool_calls) for delta in deltas) > 4, "they came in fragments"
    assert deltas[-1].finish_reason == "tool_calls"


async def test_a_tools_result_goes_back_with_the_call_that_it_answers(wire: Wires, aimock: Aimock) -> None:
    await aimock.answers("goes-on", {"content": "Sunny."})
    asked = ChatMessage("assistant", "", tool_calls=(ToolCall(id="call_a", name="weather", arguments=ARGUMENTS),))
    result = ChatMessage("tool", "27 degrees", tool_call_id="call_a")
    deltas = await collect(wire, call(aimock, "goes-on", ChatMessage("user", "How?"), asked, result, tools=(WEATHER,)))
    assert "".join(delta.text for delta in deltas) == "Sunny."
    body = (await aimock.journal())[-1].body
    assert body["messages"][1]["tool_calls"][0]["function"] == {"name": "weather", "arguments": ARGUMENTS}
    assert body["messages"][2] == {"role": "tool", "content": "27 degrees", "tool_call_id": "call_a"}
    assert body["tools"][0]["function"]["name"] == "weather"


async def test_thoughts_come_apart_from_the_answer(wire: Wires, aimock: Aimock) -> None:
    await aimock.answers("thinker", {"content": "Four.", "reasoning": "Two and two."})
    deltas = await collect(wire, call(aimock, "thinker"))
    assert "".join(delta.text for delta in deltas) == "Four."
    assert "".join(delta.reasoning for delta in deltas) == "Two and two."


async def test_counts_tell_what_was_cached_and_what_was_thought(wire: Wires, aimock: Aimock) -> None:
    counts = {
        "prompt_tokens": 1200,
        "completion_tokens": 80,
        "prompt_tokens_details": {"cached_tokens": 1024},
        "completion_tokens_details": {"reasoning_tokens": 60},
    }
    await aimock.answers("counts", {"content": "Yes.", "usage": counts})
    asked = call(aimock, "counts")
    router = msgspec.structs.replace(asked.target, base_url=f"{aimock.url}/api/v1")  # its OpenRouter tells all counts
    assert (await collect(wire, msgspec.structs.replace(asked, target=router)))[-1].usage == TokenUsage(
        input_tokens=1200, output_tokens=80, cached_tokens=1024, reasoning_tokens=60
    )


async def test_a_picture_goes_with_its_question(wire: Wires, aimock: Aimock) -> None:
    await aimock.answers("sees", {"content": "A dot."})
    await collect(wire, call(aimock, "sees", ChatMessage("user", "What is it?", images=(DOT,))))
    text, picture = (await aimock.journal())[-1].body["messages"][0]["content"]
    assert text == {"type": "text", "text": "What is it?"}
    assert picture["image_url"]["url"] == "data:image/png;base64,iVBORw0KGgo="


async def test_the_shape_of_an_answer_is_asked_for(wire: Wires, aimock: Aimock) -> None:
    await aimock.answers("shaped", {"content": '{"sum":4}'})
    shape = AnswerSchema(name="sum", schema=msgspec.Raw(b'{"type":"object"}'))
    deltas = await collect(wire, call(aimock, "shaped", answer_schema=shape))
    assert msgspec.json.decode("".join(delta.text for delta in deltas)) == {"sum": 4}
    wanted = (await aimock.journal())[-1].body["response_format"]
    assert wanted == {
        "type": "json_schema",
        "json_schema": {"name": "sum", "schema": {"type": "object"}, "strict": True},
    }
