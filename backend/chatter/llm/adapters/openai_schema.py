"""The parts of the OpenAI wire format that we read; everything else is skipped by the decoder."""

import msgspec

__all__ = [
    "Choice",
    "Chunk",
    "EmbeddingRows",
    "ErrorBody",
    "ModelList",
    "Usage",
    "error_message",
    "read_chunk",
    "read_embeddings",
    "read_models",
]


class _Function(msgspec.Struct, frozen=True):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct, frozen=True):
    index: int = 0
    id: str | None = None
    function: _Function = _Function()


class _Delta(msgspec.Struct, frozen=True):
    content: str | None = None
    reasoning_content: str | None = None
    """What most call it."""
    reasoning: str | None = None
    """What OpenRouter, Groq and Ollama call it."""
    tool_calls: list[_ToolCall] | None = None


class Choice(msgspec.Struct, frozen=True):
    """What one of the asked-for answers got; there is one."""

    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _InputDetails(msgspec.Struct, frozen=True):
    cached_tokens: int | None = None


class _OutputDetails(msgspec.Struct, frozen=True):
    reasoning_tokens: int | None = None


class Usage(msgspec.Struct, frozen=True):
    """What a call took; nothing says that it is there, whole or positive."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None


class ErrorBody(msgspec.Struct, frozen=True):
    """What a provider says about its own failure."""

    message: str = ""


class Chunk(msgspec.Struct, frozen=True):
    """One event of a chat stream."""

    choices: list[Choice] = []
    usage: Usage | None = None
    error: ErrorBody | str | None = None


class _ModelEntry(msgspec.Struct, frozen=True):
    id: str


class ModelList(msgspec.Struct, frozen=True):
    """GET /models."""

    data: list[_ModelEntry]


class _EmbeddingEntry(msgspec.Struct, frozen=True):
    embedding: str | list[float]
    index: int = 0


class EmbeddingRows(msgspec.Struct, frozen=True):
    """POST /embeddings."""

    data: list[_EmbeddingEntry]
    usage: Usage | None = None


class _Error(msgspec.Struct, frozen=True):
    error: ErrorBody | str | None = None
    message: str | None = None
    detail: str | None = None


read_chunk = msgspec.json.Decoder(Chunk).decode
read_models = msgspec.json.Decoder(ModelList).decode
read_embeddings = msgspec.json.Decoder(EmbeddingRows).decode
_read_error = msgspec.json.Decoder(_Error).decode


def error_message(body: bytes) -> str:
    """What a provider says went wrong; empty when it does not say it in a known way."""
    try:
        found = _read_error(body)
    except msgspec.MsgspecError:
        return ""
    inside = found.error.message if isinstance(found.error, ErrorBody) else found.error
    return inside or found.message or found.detail or ""
