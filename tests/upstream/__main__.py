"""python -m tests.upstream [--port P] [--key K]: the fake provider as a process; prints READY and its address."""

import argparse
import asyncio
import contextlib
import sys

from tests.upstream.server import serve_upstream


async def _serve(port: int, key: str | None) -> None:
    async with serve_upstream(port=port, key=key, remember=False) as upstream:
        sys.stdout.write(f"READY {upstream.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="tests.upstream")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key")
    arguments = parser.parse_args()
    with contextlib.suppress(ImportError):
        import uvloop

        uvloop.install()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.port, arguments.key))


if __name__ == "__main__":
    main()
