"""File names as they arrive from a browser: untrusted."""

import re
import unicodedata

__all__ = ["MAX_NAME_LENGTH", "sanitised_name"]

MAX_NAME_LENGTH = 200
MAX_EXTENSION_LENGTH = 16

_INVISIBLE = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
"""Unicode categories that can't be seen; some turn the direction of writing to disguise an extension."""


def sanitised_name(name: str) -> str:
    """The last part of a path, visible characters only, at most 200 of them with the extension kept."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(c for c in last if unicodedata.category(c) not in _INVISIBLE)
    tidy = re.sub(r"\s+", " ", visible).strip(" ")
    if not tidy.strip("."):
        return "unnamed"
    return tidy if len(tidy) <= MAX_NAME_LENGTH else _shortened(tidy)


def _shortened(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > MAX_EXTENSION_LENGTH:
        return name[:MAX_NAME_LENGTH]
    return stem[: MAX_NAME_LENGTH - len(extension) - 1] + dot + extension
