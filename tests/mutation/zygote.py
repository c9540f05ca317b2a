"""Run by nest.py: loads the libraries once, then forks for each order, so that a mutant loads the program alone."""

import contextlib
import importlib
import json
import os
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
        with os.fdopen(reading) as answer:
            told = answer.read()
        _, status = os.waitpid(child, 0)
        print(told or json.dumps({"failed": f"the process ended with {status}"}), flush=True)


def _serve(line: str, writing: int) -> None:
    """In the child: hatch the order and be gone, without what an interpreter does at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        hatch = importlib.import_module("tests.mutation.hatch")
        failed = hatch.run(json.loads(line))
    except BaseException as error:  # noqa: BLE001  # a mutant that does not even start is noticed
        failed = f"it does not start: {type(error).__name__}: {str(error)[:200]}"
    os.write(writing, json.dumps({"failed": failed}).encode())
    os._exit(0)


if __name__ == "__main__":
    main()
