"""Takes secrets out of what is logged, whatever put them there."""

import logging
import re
from typing import Any

from structlog.typing import EventDict, WrappedLogger

__all__ = ["mask_line", "masked", "masked_record"]

_MASK = "•••"
_SHAPES = re.compile(
    r"(?P<ours>chatter_[a-z]+_(?:[0-9a-f]{32}_)?)[A-Za-z0-9_-]{20,}"  # keys and tokens with a name
    r"|(?P<bearer>\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}"
    r"|(?P<cookie>\bchatter_(?:session|tab)=)[^;\s\"']+"
    r"|(?P<login>://[^/\s:@]*:)[^/\s@]+(?=@)"  # the password of an address
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # JSON Web Tokens
    r"|\bsk-[A-Za-z0-9_-]{16,}"  # providers' keys
    r"|(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_=-])",  # 256 bits in base64url: sessions, links
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """The text without what has the shape of a secret; what the secret was for stays."""
    return _SHAPES.sub(lambda found: (found.group(found.lastgroup) if found.lastgroup else "") + _MASK, text)


def mask_line(_: WrappedLogger, __: str, line: str | bytes | EventDict) -> Any:
    """The last processor of structlog: it sees the line as it is written, tracebacks too."""
    return masked(line) if isinstance(line, str) else line


def masked_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """A record of the standard library's logging, for what other libraries say."""
    record = logging.LogRecord(*args, **kwargs)
    record.msg, record.args = masked(record.getMessage()), None
    return record
