"""axe-core on a page that has come to rest: in the middle of an entrance, colours are not yet what they will be."""

from typing import Any

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page

__all__ = ["axe"]

_ENTRANCES = """() => Promise.all(document.getAnimations()
    .filter((animation) => Number.isFinite(animation.effect.getComputedTiming().endTime))
    .map((animation) => animation.finished.catch(() => null)))"""


async def axe(page: Page) -> Any:
    """What axe finds: `response["violations"]`."""
    await page.evaluate(_ENTRANCES)
    return await Axe().run(page)
