"""Structured logs, and what is known of the request in hand. No content is logged, and what looks secret is masked."""

import logging
from contextvars import ContextVar
from uuid import UUID

import structlog
from structlog.typing import EventDict, WrappedLogger

from chatter.kit.masking import mask_line, masked_record

__all__ = ["client_address", "configure_logging", "request_id", "run_id"]

request_id: ContextVar[str] = ContextVar("request_id", default="")
client_address: ContextVar[str | None] = ContextVar("client_address", default=None)
"""Where the request came from; None in the background."""
run_id: ContextVar[UUID | None] = ContextVar("run_id", default=None)
"""The run that is being executed; None outside of one."""


def configure_logging(*, level: str, as_json: bool) -> None:
    """Set up structlog for the process, once. Tracebacks are plain: the values of locals may be secrets."""
    renderer = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _add_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *((structlog.processors.format_exc_info,) if as_json else ()),
            renderer,
            mask_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.setLogRecordFactory(masked_record)
    for noisy in ("httpx", "httpx2", "alembic", "arq"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _add_request_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if current := request_id.get():
        event["request_id"] = current
    return event
