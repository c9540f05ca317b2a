"""Cuts pages into passages: small enough to point at, long enough to be understood, never across two pages."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from chatter.documents.extraction import Page

__all__ = ["Chunk", "chunked"]

TARGET_CHARACTERS = 600
"""About 200 tokens, which is what the embedding model takes in without cutting off."""
ENOUGH_CHARACTERS = 400
"""From here on a passage ends at the end of a paragraph."""
SECTION_CHARACTERS = 120
"""A section shorter than this shares its passage with the next one."""
HEADING_CHARACTERS = 90

_BLOCK = re.compile(r"\S(?:[^\n]+|\n(?!\n))*")  # whole lines at a time: character by character takes 1 ms a 10 kB
# Begins with a character of its own, not with a look back: that lets the search jump from one to the next.
_SENTENCE_END = re.compile(
    r"[.!?\u2026\n](?:(?<=\n)|[\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]*[A-Z\u00c0-\u00de0-9]))"
)
_STOPS = ".!?\u2026"
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Z]|e\.g|i\.e|etc|vs|Mr|Mrs|Ms|Dr|Prof|No|Nr|Art|Sec|Fig|approx|incl|ca|Inc|Ltd|Co)\.$"
)
_LONGEST_ABBREVIATION = 12
"""Characters before a full stop in which an abbreviation is looked for, more than any of them has."""
_ENDS_A_SENTENCE = (".", "!", "?", ",", ";", "|")


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """One passage; `page_text[start:end] == text` holds for the page that it was cut from."""

    ordinal: int
    page: int
    start: int
    end: int
    text: str
    context: str
    """What the passage stands under: the document's title and the nearest heading."""

    @property
    def content_hash(self) -> bytes:
        """The same for all passages that get the same vector."""
        return hashlib.sha256(self.embedded_text.encode()).digest()

    @property
    def embedded_text(self) -> str:
        return f"{self.context}\n{self.text}"


class _Unit(NamedTuple):
    """A sentence, a line or a heading, by its span in the page."""

    start: int
    end: int
    opens_block: bool
    heading: bool


def chunked(pages: list[Page], *, title: str) -> list[Chunk]:
    """All passages of a document, in reading order."""
    chunks: list[Chunk] = []
    heading = ""
    for page in pages:
        for group in _groups(list(_units(page.text))):
            headings = [page.text[unit.start : unit.end] for unit in group if unit.heading]
            above = headings[0] if group[0].heading else heading
            heading = headings[-1] if headings else heading
            start, end = group[0].start, group[-1].end
            chunks.append(
                Chunk(
                    ordinal=len(chunks),
                    page=page.number,
                    start=start,
                    end=end,
                    text=page.text[start:end],
                    context=f"{title} \u203a {above}" if above else title,
                )
            )
    return chunks


def _groups(units: list[_Unit]) -> Iterator[list[_Unit]]:
    """Neighbouring units that together make one passage; a heading never ends a passage."""
    group: list[_Unit] = []
    for unit in units:
        if group and _closes(group, unit):
            yield group
            group = []
        group.append(unit)
    if group:
        yield group


def _closes(group: list[_Unit], unit: _Unit) -> bool:
    if all(member.heading for member in group):
        return unit.end - group[0].start > TARGET_CHARACTERS
    length = group[-1].end - group[0].start
    if unit.heading:
        return length >= SECTION_CHARACTERS
    return unit.end - group[0].start > TARGET_CHARACTERS or (unit.opens_block and length >= ENOUGH_CHARACTERS)


def _units(text: str) -> Iterator[_Unit]:
    blocks = list(_BLOCK.finditer(text))
    for position, block in enumerate(blocks):
        last = position == len(blocks) - 1
        if not last and _is_heading(block[0]):
            yield _Unit(block.start(), block.start() + len(block[0].rstrip()), True, True)
            continue
        for index, (start, end) in enumerate(_sentences(text, block.start(), block.end())):
            yield _Unit(start, end, index == 0, False)


def _is_heading(block: str) -> bool:
    line = block.strip()
    if not line or "\n" in line or len(line) > HEADING_CHARACTERS or line.endswith(_ENDS_A_SENTENCE):
        return False
    return line[0].isalnum() and any(character.isalpha() for character in line) and " | " not in line


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans without their surrounding blanks, none longer than a passage may be."""
    begin = start
    for border in _SENTENCE_END.finditer(text, start, end):
        if border[0].lstrip(_STOPS) != "\n":
            stop = border.start() + 1
            if _ABBREVIATION.search(text, max(begin, stop - _LONGEST_ABBREVIATION), stop):
                continue
        yield from _fitting(text, begin, border.end())
        begin = border.end()
    yield from _fitting(text, begin, end)


def _fitting(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > TARGET_CHARACTERS:
        cut = text.rfind(" ", start + TARGET_CHARACTERS // 2, start + TARGET_CHARACTERS)
        cut = cut if cut > 0 else start + TARGET_CHARACTERS
        yield start, cut
        start = cut + 1 if text[cut].isspace() else cut
    if end > start:
        yield start, end
