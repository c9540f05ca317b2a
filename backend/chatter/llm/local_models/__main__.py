"""Composition root: python -m chatter.llm.local_models --host 127.0.0.1 --port 0

Prints "READY http://HOST:PORT/v1" once it listens. CHATTER_LOCAL_MODELS_KEY is the bearer token that callers must send.
"""

import argparse
import contextlib
import os
import socket
import sys

import uvicorn

from chatter.kit.settings import Settings
from chatter.llm.local_models.application import LocalModels
from chatter.llm.local_models.chat import LanguageModel
from chatter.llm.local_models.embedding import EmbeddingModel
from chatter.llm.local_models.lanes import EmbeddingLanes
from chatter.llm.local_models.weights import WeightsMissing, find_weights


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    arguments = _arguments()
    try:
        weights = find_weights()
    except WeightsMissing as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    embeddings = EmbeddingLanes(EmbeddingModel(weights), threads=arguments.threads)
    chat = LanguageModel(weights.chat) if weights.chat else None
    application = LocalModels(embeddings=embeddings, chat=chat, key=Settings().local_models_key)
    config = uvicorn.Config(
        application, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=2
    )
    try:
        with contextlib.suppress(KeyboardInterrupt):
            _AnnouncingServer(config).run(sockets=[_listen(arguments.host, port=arguments.port)])
    finally:
        embeddings.close()
        if chat:
            chat.close()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chatter.llm.local_models", description="Serve the models that need no key.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="threads for embedding documents")
    return parser.parse_args()


def _listen(host: str, *, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=512)


class _AnnouncingServer(uvicorn.Server):
    """Says where it listens as soon as it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        for listening in sockets or []:
            host, port = listening.getsockname()[:2]
            sys.stdout.write(f"READY http://{f'[{host}]' if ':' in host else host}:{port}/v1\n")
            sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
