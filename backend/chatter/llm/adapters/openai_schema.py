"""The parts of the OpenAI wire format that we read; everything else is skipped by the decoder."""

import msgspec

__all__ = [
    "Chunk",
    "EmbeddingRows",
    "ErrorBody",
    "ModelList",
    "error_message",
    "read_chunk",
    "read_embeddings",
    "read_models",
]


class _Delta(msgspec.Struct, frozen=True):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Usage(msgspec.Struct, frozen=True):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class ErrorBody(msgspec.Struct, frozen=True):
    """What a provider says about its own failure."""

    message: str = ""


class Chunk(msgspec.Struct, frozen=True):
    """One event of a chat stream."""

    choices: list[_Choice] = []
    usage: _Usage | None = None
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
