"""The OpenAI wire format, as far as the local models speak it."""

from typing import Literal

import msgspec

__all__ = ["ChatBody", "EmbeddingBody", "Message", "StreamOptions"]


class Message(msgspec.Struct, frozen=True):
    """One message of a conversation; only text is understood."""

    role: Literal["system", "user", "assistant", "developer"]
    content: str


class StreamOptions(msgspec.Struct, frozen=True):
    """What a stream carries besides text."""

    include_usage: bool = False


class ChatBody(msgspec.Struct, frozen=True):
    """POST /v1/chat/completions."""

    model: str
    messages: list[Message]
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float = 0.0
    stop: str | list[str] = []


class EmbeddingBody(msgspec.Struct, frozen=True):
    """POST /v1/embeddings."""

    model: str
    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None
