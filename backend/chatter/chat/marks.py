"""Takes citation marks that a model wrote by itself out of its stream: only verified ones may be seen."""

import re

__all__ = ["MarkFilter"]

_MARK = re.compile(r"(?:\s+|(?<!\w))[\[【]\d{1,2}(?:\s*[,;\u2013-]\s*\d{1,2})*[\]】]")
_MAYBE = re.compile(r"\s*[\[【][\d,;\s\u2013-]{0,12}$|[ \t]+$")


class MarkFilter:
    """Feed it what comes; it holds back what may become a mark, a few characters at most."""

    def __init__(self) -> None:
        self._held = ""
        self._before = ""
        """The last character that was let through: `a[1]` is an index, not a mark."""

    def feed(self, delta: str) -> str:
        """Return what may be shown now."""
        text = self._held + delta
        if "[" in text or "【" in text:
            text = self._without_marks(text)
        maybe = _MAYBE.search(text)
        cut = len(text) if maybe is None else maybe.start()
        shown, self._held = text[:cut], text[cut:]
        self._before = shown[-1:] or self._before
        return shown

    def finish(self) -> str:
        """Return what was held back when nothing more comes."""
        text, self._held = self._without_marks(self._held), ""
        return text.rstrip(" \t")

    def _without_marks(self, text: str) -> str:
        return _MARK.sub("", self._before + text)[len(self._before) :]
