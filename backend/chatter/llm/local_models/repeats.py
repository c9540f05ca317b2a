"""Keeps a very small model from saying one sentence over and over, as it does once it has nothing left to say."""

import re

__all__ = ["RepeatGuard"]

_BOUNDARY = re.compile(r"[.!?](?=\s)|\n")
_LEAD = re.compile(r"^[\s\-*•]+")
_SHORTEST = 20
"""Characters below which a sentence may come again: "Yes.", an item's number."""


class RepeatGuard:
    """Lets text through as it comes, but holds back what is about to repeat an earlier sentence."""

    def __init__(self) -> None:
        self.over = False
        """A sentence came a second time: nothing new is to be expected."""
        self._said: set[str] = set()
        self._sentence = ""
        self._shown = 0

    def feed(self, text: str) -> str:
        """Return what may be shown now."""
        shown = ""
        self._sentence += text
        while not self.over and (end := _BOUNDARY.search(self._sentence)):
            sentence, rest = self._sentence[: end.end()], self._sentence[end.end() :]
            plain = _plain(sentence)
            if plain in self._said:
                self.over = True
                break
            if len(plain) >= _SHORTEST:
                self._said.add(plain)
            shown += sentence[self._shown :]
            self._sentence, self._shown = rest, 0
        if not self.over and not self._may_repeat():
            shown += self._sentence[self._shown :]
            self._shown = len(self._sentence)
        return shown

    def finish(self) -> str:
        """Return what was held back, unless it says again what was said already."""
        return "" if self.over or self._may_repeat() else self._sentence[self._shown :]

    def _may_repeat(self) -> bool:
        begun = _plain(self._sentence)
        return any(said.startswith(begun) for said in self._said)


def _plain(sentence: str) -> str:
    return _LEAD.sub("", sentence).rstrip().lower()
