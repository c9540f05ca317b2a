"""The documents of a fictional maker of water sensors, which a fresh installation's demo organisation starts with."""

from pathlib import Path

__all__ = ["demo_files"]


def demo_files() -> list[Path]:
    """All of them, by name."""
    return sorted(path for path in (Path(__file__).parent / "demo").iterdir() if path.is_file())
