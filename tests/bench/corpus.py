"""Texts that are like real ones where it matters here: words of Zipf's frequencies, topics with words of their own."""

import random
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

__all__ = ["Passage", "Writer"]

_ONSETS = ("b", "br", "c", "d", "dr", "f", "g", "gr", "h", "l", "m", "n", "p", "pl", "r", "s", "st", "t", "tr", "v")
_RHYMES = ("a", "an", "ar", "e", "el", "en", "er", "i", "in", "is", "o", "on", "or", "u", "um", "ur")
_VOCABULARY = 8000
# With these two a question's nearest passage has a cosine of 0.4 (real ones: more). With topics of 120 words that make
# up a third of a text it is 0.16, nearly noise: there a graph index finds half of the exact neighbours.
_TOPIC_WORDS = 30
_TOPIC_SHARE = 0.6
_SENTENCE = 14


@dataclass(frozen=True)
class Passage:
    """A text and the number of its topic."""

    topic: int
    text: str


class Writer:
    """Writes the same texts for the same seed."""

    def __init__(self, *, seed: int, topics: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - texts, not secrets
        words = _words()
        self._topics = [self._random.sample(words[200:], _TOPIC_WORDS) for _ in range(topics)]

    def passage(self, *, words: int) -> Passage:
        """Write about one topic, in sentences."""
        topic = self._random.randrange(len(self._topics))
        return Passage(topic, self._sentences(topic, count=words))

    def document(self, *, size: int) -> str:
        """Write paragraphs about several topics, `size` bytes in all."""
        text = ""
        while len(text) < size:
            text += self.passage(words=60).text + "\n\n"
        return text[:size]

    def question(self, topic: int) -> str:
        """Ask with some words of a topic."""
        return "What about " + " ".join(self._random.choices(self._topics[topic], k=6)) + "?"

    def _sentences(self, topic: int, *, count: int) -> str:
        common = self._random.choices(_words(), cum_weights=_weights(), k=count)
        own = self._random.choices(self._topics[topic], k=count)
        words = [
            mine if self._random.random() < _TOPIC_SHARE else usual for mine, usual in zip(own, common, strict=True)
        ]
        sentences = [words[start : start + _SENTENCE] for start in range(0, count, _SENTENCE)]
        return " ".join(" ".join(sentence).capitalize() + "." for sentence in sentences)


@cache
def _words() -> list[str]:
    drawn = random.Random(1)  # noqa: S311 - texts, not secrets
    found: dict[str, None] = {}
    while len(found) < _VOCABULARY:
        syllables = 1 + (len(found) > 150) + (len(found) > 3000)
        found["".join(drawn.choice(_ONSETS) + drawn.choice(_RHYMES) for _ in range(syllables))] = None
    return list(found)


@cache
def _weights() -> list[float]:
    return list(accumulate(1 / rank for rank in range(1, _VOCABULARY + 1)))
