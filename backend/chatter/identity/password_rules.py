"""Which passwords are refused: those that many people use, and those that say whose they are.

The list is that of zxcvbn 4.5 (MIT): the 30,000 most frequent of the passwords that have leaked elsewhere. The library
itself would hold its other word lists in the memory of every process: 10 MB.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from chatter.identity.errors import PasswordGuessable

__all__ = ["require_hard_to_guess"]

_COMMON = frozenset((Path(__file__).parent / "common_passwords.txt").read_text(encoding="ascii").split())
_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_WORDS = re.compile(r"[^\W_]{4,}")
_FEWEST_CHARACTERS = 4


def require_hard_to_guess(password: str, *, about: Iterable[str]) -> None:
    """Raise PasswordGuessable for a common one, whatever stands around it, and for one with a word of `about` in it."""
    folded = password.casefold()
    if folded in _COMMON or _ENDS.sub("", folded) in _COMMON or len(set(folded)) < _FEWEST_CHARACTERS:
        raise PasswordGuessable("Many people use this password, or one that differs by a number or a sign.")
    if any(word in folded for text in about for word in _WORDS.findall(text.casefold())):
        raise PasswordGuessable("This password holds a name: yours, your address's or your organization's.")
