"""Messages, tools and answers' shapes as the OpenAI wire format writes them."""

import base64
from collections.abc import Sequence
from typing import Literal

import msgspec

from chatter.llm.ports import AnswerSchema, ChatMessage, Image, ToolCall, ToolSpec

__all__ = ["ResponseFormat", "WireMessage", "WireTool", "response_format", "wire_messages", "wire_tools"]


class _Text(msgspec.Struct, frozen=True, tag="text"):
    text: str


class _ImageUrl(msgspec.Struct, frozen=True):
    url: str


class _Image(msgspec.Struct, frozen=True, tag="image_url"):
    image_url: _ImageUrl


class _CalledFunction(msgspec.Struct, frozen=True):
    name: str
    arguments: str


class _Called(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    type: Literal["function"] = "function"
    function: _CalledFunction


class WireMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of `messages`."""

    role: str
    content: str | list[_Text | _Image] | None
    tool_calls: list[_Called] = []
    tool_call_id: str = ""
    prefix: bool = False
    """The answer begins with it; only for providers that know the word."""


class _Function(msgspec.Struct, frozen=True):
    name: str
    description: str
    parameters: msgspec.Raw


class WireTool(msgspec.Struct, frozen=True, kw_only=True):
    """One of `tools`."""

    type: Literal["function"] = "function"
    function: _Function


class _JsonSchema(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    schema: msgspec.Raw
    strict: bool = True


class ResponseFormat(msgspec.Struct, frozen=True, kw_only=True):
    """`response_format`."""

    type: Literal["json_schema"] = "json_schema"
    json_schema: _JsonSchema


def wire_messages(messages: Sequence[ChatMessage]) -> list[WireMessage]:
    """The messages of a prompt."""
    return [_message(message) for message in messages]


def wire_tools(tools: Sequence[ToolSpec]) -> list[WireTool]:
    """The tools that may be called."""
    return [WireTool(function=_Function(tool.name, tool.description, tool.parameters)) for tool in tools]


def response_format(schema: AnswerSchema | None) -> ResponseFormat | None:
    """The shape of the answer, if it must have one."""
    return None if schema is None else ResponseFormat(json_schema=_JsonSchema(name=schema.name, schema=schema.schema))


def _message(message: ChatMessage) -> WireMessage:
    return WireMessage(
        role=message.role,
        content=_content(message),
        tool_calls=[_called(call) for call in message.tool_calls],
        tool_call_id=message.tool_call_id,
    )


def _content(message: ChatMessage) -> str | list[_Text | _Image] | None:
    if message.images:
        return [_Text(message.content), *(_Image(_ImageUrl(_data_url(image))) for image in message.images)]
    return message.content or (None if message.tool_calls else "")


def _called(call: ToolCall) -> _Called:
    return _Called(id=call.id, function=_CalledFunction(call.name, call.arguments))


def _data_url(image: Image) -> str:
    return f"data:{image.media_type};base64,{base64.b64encode(image.data).decode()}"
