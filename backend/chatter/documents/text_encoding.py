"""Which characters the bytes of a text file stand for."""

import codecs

__all__ = ["decoded", "looks_like_text"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = frozenset(range(32)) - {8, 9, 10, 12, 13, 27}
_SAMPLE = 64 * 1024


def decoded(data: bytes) -> str | None:
    """Text by its byte order mark, as UTF-8, or as Windows-1252; None when the bytes are not text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _attempt(data, encoding)
    if not looks_like_text(data):
        return None
    text = _attempt(data, "utf-8")
    return text if text is not None else _attempt(data, "cp1252", errors="replace")


def looks_like_text(data: bytes) -> bool:
    """Whether a sample holds no NUL and hardly any control characters."""
    sample = data[:_SAMPLE]
    if b"\x00" in data:
        return False
    return sum(byte in _CONTROLS for byte in sample) * 100 <= len(sample)


def _attempt(data: bytes, encoding: str, errors: str = "strict") -> str | None:
    try:
        return data.decode(encoding, errors)
    except UnicodeDecodeError:
        return None
