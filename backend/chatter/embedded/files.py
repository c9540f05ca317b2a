"""Files that only their owner may read, written so that a crash leaves the old or the new content, never half of it."""

import os
import secrets
from pathlib import Path
from typing import BinaryIO


def write_private(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def read_or_none(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def secret_in(path: Path) -> str:
    """Return the secret kept in a file, drawn at random the first time; it needs no quoting in a URL."""
    kept = read_or_none(path)
    if kept:
        return kept.strip()
    drawn = secrets.token_urlsafe(24)
    write_private(path, drawn + "\n")
    return drawn


def number_in(path: Path) -> int | None:
    """Return the whole number kept in a file, None when there is none."""
    text = (read_or_none(path) or "").strip()
    return int(text) if text.isdecimal() else None


def open_log(path: Path) -> BinaryIO:
    """Open a log for appending; a server's log can hold what people typed."""
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def tail(path: Path, *, start: int) -> str:
    """Return what was appended to a log since it was `start` bytes long."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace")


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def keep_log_short(path: Path, *, limit: int = 10 * 1024 * 1024) -> None:
    """Set a log that has grown long aside, over the one set aside before."""
    if size(path) > limit:
        path.replace(path.with_name(path.name + ".1"))
