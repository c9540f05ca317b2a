"""`python -m chatter.cli.serve`: a web process on a socket that its supervisor listens on.

The supervisor keeps the socket open while a web process is replaced, so browsers wait for a moment instead of being
refused. With --port instead of --fd the process listens by itself, as in a container.
"""

import argparse
import gc
import socket

import uvicorn

from chatter.kit.web.joined_writes import JoinedWritesProtocol

_YOUNG_OBJECTS = 10_000
"""How many new objects are looked through at a time. At Python's 700 it took 0.7 s of CPU while the program is
imported, and 1 ms of each turn after that."""


def main() -> None:
    arguments = _arguments()
    gc.set_threshold(_YOUNG_OBJECTS)
    listening = socket.socket(fileno=arguments.fd) if arguments.fd is not None else None
    config = uvicorn.Config(
        "chatter.main:create_app",
        factory=True,
        host=arguments.host,
        port=arguments.port,
        loop="uvloop",
        http=JoinedWritesProtocol,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run(sockets=[listening] if listening else None)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chatter.cli.serve")
    parser.add_argument("--fd", type=int, help="descriptor of a listening socket")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
