"""What the wires send of rounds with tools, where providers are particular about it."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from chatter.kit.http import HttpSessions
from chatter.llm.adapters.anthropic_wire import AnthropicWire
from chatter.llm.adapters.bedrock_wire import BedrockWire
from chatter.llm.adapters.dialects import Dialect
from chatter.llm.adapters.exchange import Builder, Exchange, Framing, Reader
from chatter.llm.adapters.gathering import Gathering
from chatter.llm.adapters.google_wire import GoogleWire
from chatter.llm.ports import ChatCall, ChatMessage, ChatTarget, ToolCall, ToolSpec
from chatter.llm.tool_calls import ToolCalls

TOOL = ToolSpec(name="weather", description="The weather", parameters=msgspec.Raw(b'{"type":"object"}'))


class Kept(Exchange):
    """Writes a request and sends it nowhere."""

    body: dict[str, Any]
    read: Reader

    def stream(self, call: ChatCall, build: Builder, *, framing: Framing, read: Reader) -> Any:
        self.body, self.read = msgspec.json.decode(build(call, Dialect()).body), read


@pytest.fixture
def kept(sessions: HttpSessions) -> Kept:
    return Kept(sessions)


def rounds(*, signature: str = "") -> list[ChatMessage]:
    """A question, two calls that belong together, and what came of them."""
    calls = (
        ToolCall(id="call01000", name="weather", arguments='{"place":"Oslo"}', signature=signature),
        ToolCall(id="call01001", name="weather", arguments=""),
    )
    return [
        ChatMessage("user", "How is it there?"),
        ChatMessage("assistant", "Let me see.", tool_calls=calls),
        ChatMessage("tool", "27 degrees", tool_call_id="call01000"),
        ChatMessage("tool", "It failed.", tool_call_id="call01001"),
    ]


def call(messages: Sequence[ChatMessage], *, tools: tuple[ToolSpec, ...] = (), model: str = "some") -> ChatCall:
    target = ChatTarget(base_url="https://provider.test", model=model, provider="Provider")
    return ChatCall(target=target, messages=messages, max_tokens=10, tools=tools)


def test_bedrock_is_told_in_words_of_calls_that_it_may_not_make_again(kept: Kept) -> None:
    BedrockWire(kept).stream_chat(call(rounds()))
    assert "toolConfig" not in kept.body
    assert kept.body["messages"] == [
        {"role": "user", "content": [{"text": "How is it there?"}]},
        {
            "role": "assistant",
            "content": [
                {"text": 'Let me see.\n\n(I called weather with {"place":"Oslo"}.)\n\n(I called weather with {}.)'}
            ],
        },
        {"role": "user", "content": [{"text": "27 degrees"}, {"text": "It failed."}]},
    ]


def test_bedrock_is_told_of_calls_as_such_where_it_may_make_more(kept: Kept) -> None:
    BedrockWire(kept).stream_chat(call(rounds(), tools=(TOOL,)))
    assert [next(iter(block)) for block in kept.body["messages"][1]["content"]] == ["text", "toolUse", "toolUse"]
    assert kept.body["toolConfig"]["tools"][0]["toolSpec"]["name"] == "weather"


def test_anthropic_knows_the_tools_of_earlier_rounds_and_may_not_call_them(kept: Kept) -> None:
    AnthropicWire(kept).stream_chat(call(rounds()))
    assert kept.body["tools"] == [{"name": "weather", "input_schema": {"type": "object"}}]
    assert kept.body["tool_choice"] == {"type": "none"}


@pytest.mark.parametrize("messages", [[ChatMessage("user", "How is it there?")], rounds()])
def test_anthropic_may_call_what_is_offered(kept: Kept, messages: list[ChatMessage]) -> None:
    AnthropicWire(kept).stream_chat(call(messages, tools=(TOOL,)))
    assert [tool["name"] for tool in kept.body["tools"]] == ["weather"]
    assert "tool_choice" not in kept.body


def test_a_conversation_without_tools_has_none(kept: Kept) -> None:
    AnthropicWire(kept).stream_chat(call([ChatMessage("user", "How is it there?")]))
    assert not {"tools", "tool_choice"} & kept.body.keys()


def test_gemini_gets_the_signature_back_that_it_gave(kept: Kept) -> None:
    wire = GoogleWire(kept)
    wire.stream_chat(call([ChatMessage("user", "How?")], tools=(TOOL,), model="gemini-4-argon"))
    gathering, gathered = Gathering(), ToolCalls()
    part = {"functionCall": {"name": "weather", "args": {"place": "Oslo"}}, "thoughtSignature": "c2lnbmVk"}
    kept.read(gathering, msgspec.json.encode({"candidates": [{"content": {"parts": [part]}}]}))
    gathered.add(gathering.pieces)
    again = [*rounds()[:1], ChatMessage("assistant", "", tool_calls=gathered.whole()), *rounds()[2:3]]
    wire.stream_chat(call(again, tools=(TOOL,), model="gemini-4-argon"))
    assert kept.body["contents"][1]["parts"] == [part]


@pytest.mark.parametrize(
    ("model", "signature", "sent"),
    [
        ("gemini-4-argon", "gemini-4-argon c2lnbmVk", ["c2lnbmVk", None]),
        ("gemini-4-argon", "gemini-3.8-flash c2lnbmVk", ["skip_thought_signature_validator", None]),
        ("gemini-4-argon", "", ["skip_thought_signature_validator", None]),
        ("gemini-2.5-pro", "gemini-2.5-pro c2lnbmVk", ["c2lnbmVk", None]),
        ("gemini-2.5-pro", "", [None, None]),
    ],
    ids=["its own", "another model's", "none", "an old model's own", "an old model"],
)
def test_gemini_takes_calls_that_others_made(kept: Kept, model: str, signature: str, sent: list[str | None]) -> None:
    GoogleWire(kept).stream_chat(call(rounds(signature=signature), model=model))
    calls = kept.body["contents"][1]["parts"][1:]
    assert [part.get("thoughtSignature") for part in calls] == sent
