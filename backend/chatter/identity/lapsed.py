"""What has lapsed is removed: sessions, links in mails, challenges, and the families of apps' tokens."""

import structlog

from chatter.kit.services import Services

__all__ = ["DAILY_SECONDS", "remove_lapsed"]

DAILY_SECONDS = 24 * 60 * 60

log = structlog.get_logger()


async def remove_lapsed(services: Services) -> dict[str, int]:
    """Remove what opens nothing any more, in all organisations; answers how many rows of each table went."""
    rows = await services.database.hot.fetch("select * from remove_lapsed()")
    removed = {row["kind"]: row["removed"] for row in rows}
    log.info("lapsed_removed", **removed)
    return removed
