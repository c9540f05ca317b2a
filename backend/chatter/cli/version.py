"""Which release this is."""

from importlib import metadata


def version() -> str:
    return metadata.version("chatter")
