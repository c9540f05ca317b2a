"""The routes of the local-models process: /v1/embeddings, /v1/chat/completions, /v1/models, /health."""

import base64
import hmac
import secrets
import time
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

import msgspec

from chatter.llm.local_models.asgi import ASGIReceive, ASGISend, BodyTooLarge, read_body, send_json, until_disconnected
from chatter.llm.local_models.chat import ChatFailed, ChatModelBusy, LanguageModel, Piece
from chatter.llm.local_models.lanes import Embedded, EmbeddingLanes
from chatter.llm.local_models.weights import CHAT_MODEL, EMBEDDING_MODEL
from chatter.llm.local_models.wire import ChatBody, EmbeddingBody

__all__ = ["LocalModels"]

_LARGEST_BODY = 16 * 1024 * 1024
_MOST_TEXTS = 2048

_chat_decoder = msgspec.json.Decoder(ChatBody)
_embedding_decoder = msgspec.json.Decoder(EmbeddingBody)
_encode = msgspec.json.Encoder().encode


class LocalModels:
    """An ASGI application. `key` is the bearer token asked of callers; empty asks for none."""

    def __init__(self, *, embeddings: EmbeddingLanes, chat: LanguageModel | None, key: str) -> None:
        self._embeddings = embeddings
        self._chat = chat
        self._expected = f"Bearer {key}".encode() if key else None

    async def __call__(self, scope: Mapping[str, Any], receive: ASGIReceive, send: ASGISend) -> None:
        if scope["type"] != "http":
            return
        try:
            await self._dispatch(scope, receive, send)
        except msgspec.MsgspecError as error:
            await _send_problem(send, 400, f"The request can't be read: {error}", code="invalid_request")
        except BodyTooLarge:
            await _send_problem(send, 413, f"A request may have {_LARGEST_BODY >> 20} MB at most.", code="too_large")

    async def _dispatch(self, scope: Mapping[str, Any], receive: ASGIReceive, send: ASGISend) -> None:
        target = f"{scope['method']} {scope['path']}"
        if target == "GET /health":
            await send_json(send, {"status": "ok"})
        elif not self._may_call(scope):
            await _send_problem(send, 401, "The key is missing or wrong.", code="invalid_api_key")
        elif target == "GET /v1/models":
            await send_json(send, self._models())
        elif target == "POST /v1/embeddings":
            await self._embed(_embedding_decoder.decode(await read_body(receive, limit=_LARGEST_BODY)), send)
        elif target == "POST /v1/chat/completions":
            await self._complete(_chat_decoder.decode(await read_body(receive, limit=_LARGEST_BODY)), receive, send)
        else:
            await _send_problem(send, 404, f"There is no {target} here.", code="not_found")

    def _may_call(self, scope: Mapping[str, Any]) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        return self._expected is None or hmac.compare_digest(given, self._expected)

    def _models(self) -> dict[str, object]:
        names = [EMBEDDING_MODEL] + ([CHAT_MODEL] if self._chat else [])
        return {
            "object": "list",
            "data": [{"id": name, "object": "model", "created": 0, "owned_by": "chatter"} for name in names],
        }

    async def _embed(self, body: EmbeddingBody, send: ASGISend) -> None:
        texts = [body.input] if isinstance(body.input, str) else body.input
        if body.model != EMBEDDING_MODEL:
            await _send_problem(send, 404, f"There is no embedding model {body.model} here.", code="model_not_found")
        elif not 1 <= len(texts) <= _MOST_TEXTS:
            await _send_problem(send, 400, f"Send between 1 and {_MOST_TEXTS} texts.", code="invalid_request")
        else:
            await send_json(send, _embedding_response(await self._embeddings.embed(texts), body))

    async def _complete(self, body: ChatBody, receive: ASGIReceive, send: ASGISend) -> None:
        if body.model != CHAT_MODEL or self._chat is None:
            await _send_problem(send, 404, f"There is no language model {body.model} here.", code="model_not_found")
        elif not body.messages:
            await _send_problem(send, 400, "Send at least one message.", code="invalid_request")
        else:
            await until_disconnected(receive, _Answer(self._chat, body, send).send())


class _Answer:
    """One chat completion on its way to the caller."""

    def __init__(self, model: LanguageModel, body: ChatBody, send: ASGISend) -> None:
        self._model = model
        self._body = body
        self._send = send
        self._id = f"chatcmpl-{secrets.token_hex(12)}"
        self._created = int(time.time())
        self._started = False

    async def send(self) -> None:
        try:
            await (self._stream() if self._body.stream else self._whole())
        except ChatModelBusy as error:
            await _send_problem(self._send, 429, str(error), code="busy", headers={"retry-after": "5"})
        except ChatFailed as error:
            await self._fail(str(error))

    async def _whole(self) -> None:
        parts: list[str] = []
        last = Piece()
        async with aclosing(self._model.stream(self._body)) as pieces:
            async for piece in pieces:
                parts.append(piece.text)
                last = piece
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": "".join(parts)},
            "finish_reason": last.finish_reason,
        }
        await send_json(self._send, self._envelope("chat.completion") | {"choices": [choice], "usage": _usage(last)})

    async def _stream(self) -> None:
        async with aclosing(self._model.stream(self._body)) as pieces:
            async for piece in pieces:
                await self._start()
                delta = {"content": piece.text} if piece.text else {}
                choice = {"index": 0, "delta": delta, "finish_reason": piece.finish_reason}
                await self._event(self._envelope("chat.completion.chunk") | {"choices": [choice]})
                if piece.finish_reason and self._body.stream_options.include_usage:
                    await self._event(self._envelope("chat.completion.chunk") | {"choices": [], "usage": _usage(piece)})
        await self._send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})

    async def _start(self) -> None:
        if not self._started:
            self._started = True
            headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _event(self, content: object) -> None:
        await self._send(
            {"type": "http.response.body", "body": b"data: " + _encode(content) + b"\n\n", "more_body": True}
        )

    async def _fail(self, reason: str) -> None:
        if not self._started:
            await _send_problem(self._send, 400, reason, code="invalid_request")
            return
        await self._event({"error": {"message": reason, "type": "server_error", "code": "server_error"}})
        await self._send({"type": "http.response.body", "body": b""})

    def _envelope(self, kind: str) -> dict[str, object]:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._body.model}


def _embedding_response(embedded: Embedded, body: EmbeddingBody) -> dict[str, object]:
    if body.encoding_format == "base64":
        vectors: list[object] = [base64.b64encode(row.tobytes()).decode() for row in embedded.vectors]
    else:
        vectors = [row.tolist() for row in embedded.vectors]
    return {
        "object": "list",
        "model": body.model,
        "data": [{"object": "embedding", "index": n, "embedding": vector} for n, vector in enumerate(vectors)],
        "usage": {"prompt_tokens": embedded.tokens, "total_tokens": embedded.tokens},
    }


def _usage(piece: Piece) -> dict[str, object]:
    return {
        "prompt_tokens": piece.prompt_tokens,
        "completion_tokens": piece.completion_tokens,
        "total_tokens": piece.prompt_tokens + piece.completion_tokens,
        "prompt_tokens_details": {"dropped_bytes": piece.dropped_bytes},
    }


async def _send_problem(
    send: ASGISend, status: int, message: str, *, code: str, headers: Mapping[str, str] | None = None
) -> None:
    error = {"message": message, "type": "invalid_request_error", "code": code}
    await send_json(send, {"error": error}, status=status, headers=headers)
