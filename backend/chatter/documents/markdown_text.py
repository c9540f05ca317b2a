"""Markdown as a person reads it: the words and the structure, without the marks inside the lines."""

import re

__all__ = ["reading_text"]

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_FENCE = re.compile(r"^\s*(```|~~~)")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)*\|?\s*$")
_TABLE_ROW = re.compile(r"^\s*\|(.*)\|\s*$")
_BULLET = re.compile(r"^(\s*)[*+]\s+")
_INLINE = (
    (re.compile(r"!\[([^\]]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)"), r"\1"),
    (re.compile(r"\[([^\]]+)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)"), r"\1"),
    (re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*"), r"\1"),
    (re.compile(r"(?<!\w)__(?=\S)(.+?)(?<=\S)__(?!\w)"), r"\1"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<!\w)_(?=[^\s_])([^_\n]+?)(?<=[^\s_])_(?!\w)"), r"\1"),
    (re.compile(r"(?<!`)`([^`\n]+)`(?!`)"), r"\1"),
    (re.compile(r"<(https?://[^>\s]+)>"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!|>~-])"), r"\1"),
)


def reading_text(markdown: str) -> str:
    """Lists, tables and code keep their lines; headings, emphasis and links lose their marks; nothing is dropped."""
    text = _FRONT_MATTER.sub("", markdown.replace("\r\n", "\n"))
    lines, fenced = [], False
    for line in text.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced:
            lines.append(line)
        elif not _TABLE_RULE.match(line):
            lines.append(_plain(line))
    return "\n".join(lines)


def _plain(line: str) -> str:
    if heading := _HEADING.match(line):
        line = heading[1]
    if row := _TABLE_ROW.match(line):
        line = " | ".join(cell.strip() for cell in row[1].split("|"))
    line = _BULLET.sub(r"\1- ", line)
    for pattern, replacement in _INLINE:
        line = pattern.sub(replacement, line)
    return line
