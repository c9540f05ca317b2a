"""Run by nest.py: loads the libraries once, then forks for each order, so that a mutant loads the program alone."""

import contextlib
import importlib
import json
import os
import select
import signal
import sys
from pathlib import Path


def main() -> None:
    paths, libraries = json.loads(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    for name in libraries:
        with contextlib.suppress(Exception):  # some are made by others, under names that can't be imported
            importlib.import_module(name)
    sys.path[:0] = paths
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _serve(line, writing)
        os.close(writing)
        print(_told(child, reading, json.loads(line).get("patience")), flush=True)


def _told(child: int, reading: int, patience: float | None) -> str:
    """What the child answers; it is ended, with all that it started, where it does not within `patience` seconds."""
    with os.fdopen(reading) as answer:
        if not select.select([answer], [], [], patience)[0]:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return json.dumps({"failed": "tests that do not end"})
        told = answer.read()
    _, status = os.waitpid(child, 0)
    return told or json.dumps({"failed": f"the process ended with {status}"})


def _serve(line: str, writing: int) -> None:
    """In the child: hatch the order and be gone, without what an interpreter does at its end."""
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        order = json.loads(line)
        failed = importlib.import_module(order["by"]).run(order)
    except BaseException as error:  # noqa: BLE001  # a mutant that does not even start is noticed
        failed = f"it does not start: {type(error).__name__}: {str(error)[:200]}"
    os.write(writing, json.dumps({"failed": failed}).encode())
    os._exit(0)


if __name__ == "__main__":
    main()
