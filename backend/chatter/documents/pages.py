"""Turns what a reader gives into pages that can be stored, shown and pointed into."""

import itertools
import re

from chatter.documents.extraction import Page

__all__ = ["MAX_PAGE_CHARACTERS", "normalised", "numbered", "rejoined_lines", "split_into_pages", "table_text"]

MAX_PAGE_CHARACTERS = 12_000
"""A text without pages is cut at a paragraph before it grows longer than this."""

_SOFT_HYPHEN_BREAK = re.compile("[\u00ad\u0002\ufffe]\\s?")
_CONTROLS = re.compile("[\u0000-\u0008\u000b-\u001f\u007f\ufeff\u200b]")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "\u00a0": " ", "\u202f": " "})
_MIDNIGHT = re.compile(r"^(\d{4}-\d\d-\d\d) 00:00:00$")
_WRAPPED = 0.75
_NARROW = 40
_LIST_MARKS = ("\u2022", "-", "\u2013")


def normalised(text: str) -> str:
    """One kind of line end, no invisible characters, no trailing blanks, at most one empty line in a row."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _SOFT_HYPHEN_BREAK.sub("", text).translate(_LIGATURES)
    text = _CONTROLS.sub("", text)
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n")


def rejoined_lines(text: str) -> str:
    """Undo the line breaks of a PDF's layout: a line that fills the page's width goes on in the next one."""
    lines = text.split("\n")
    lengths = sorted(len(line) for line in lines if line)
    width = lengths[int(len(lengths) * 0.9)] if lengths else 0
    if width < _NARROW:
        return text
    paragraphs = [lines[0]]
    for before, line in itertools.pairwise(lines):
        if len(before) >= width * _WRAPPED and line and not line.startswith(_LIST_MARKS):
            paragraphs[-1] += ("" if before.endswith("-") else " ") + line
        else:
            paragraphs.append(line)
    return _spaced(paragraphs, width=width)


def _spaced(paragraphs: list[str], *, width: int) -> str:
    """Short lines stay together, as in a table or an address; a long paragraph stands alone."""
    text = paragraphs[0]
    for before, paragraph in itertools.pairwise(paragraphs):
        text += ("\n\n" if max(len(before), len(paragraph)) > width else "\n") + paragraph
    return text


def numbered(texts: list[str]) -> list[Page]:
    """Pages counted from 1; those without text keep their number and are left out."""
    return [Page(number=number, text=text) for number, text in enumerate(map(normalised, texts), 1) if text.strip()]


def split_into_pages(text: str) -> list[Page]:
    """Cut a text that has no pages of its own, at empty lines where there are any."""
    rest, parts = normalised(text), []
    while len(rest) > MAX_PAGE_CHARACTERS:
        cut = _cut(rest)
        parts.append(rest[:cut])
        rest = rest[cut:].lstrip("\n ")
    return numbered([*parts, rest])


def table_text(title: str | None, rows: list[list[str]]) -> str:
    """A table as lines that each make sense alone: every cell carries the name of its column."""
    tidy = [[_cell(cell) for cell in row] for row in rows]
    filled = [row for row in tidy if any(row)]
    heading = [title, ""] if title else []
    if len(filled) < 2 or not all(filled[0][: len(filled[1])]):
        return "\n".join([*heading, *(" | ".join(cell for cell in row if cell) for row in filled)])
    names = filled[0]
    return "\n".join([*heading, *(_row_text(names, row) for row in filled[1:])])


def _row_text(names: list[str], row: list[str]) -> str:
    cells = [(names[i] if i < len(names) else "", cell) for i, cell in enumerate(row) if cell]
    return " | ".join(f"{name}: {cell}" if name else cell for name, cell in cells)


def _cell(text: str) -> str:
    return _MIDNIGHT.sub(r"\1", re.sub(r"\s+", " ", text).strip())


def _cut(text: str) -> int:
    for border in ("\n\n", "\n", " "):
        cut = text.rfind(border, MAX_PAGE_CHARACTERS // 2, MAX_PAGE_CHARACTERS)
        if cut > 0:
            return cut
    return MAX_PAGE_CHARACTERS
