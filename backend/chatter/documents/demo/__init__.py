"""The documents of a fictional maker of water sensors, which a fresh installation's demo organisation starts with."""

from importlib.resources import files

from chatter.kit.schema import Schema

__all__ = ["DemoFile", "demo_files"]


class DemoFile(Schema, frozen=True):
    name: str
    data: bytes


def demo_files() -> list[DemoFile]:
    """All of them, by name."""
    folder = files(__name__)
    found = [entry for entry in folder.iterdir() if not entry.name.endswith((".py", ".pyc")) and entry.is_file()]
    return [DemoFile(name=entry.name, data=entry.read_bytes()) for entry in sorted(found, key=lambda e: e.name)]
