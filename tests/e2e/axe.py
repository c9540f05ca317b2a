"""axe-core on a page that has come to rest: in the middle of an entrance, colours are not yet what they will be."""

from typing import Any

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page

__all__ = ["axe"]

# A change of the medium (dark, narrow) is heard a frame later, and what it starts is seen a frame after that.
# A page in the background has no frames.
_REST = """async () => {
    const frame = () => new Promise((done) => { requestAnimationFrame(done); setTimeout(done, 100); });
    const finite = (animation) => Number.isFinite(animation.effect.getComputedTiming().endTime);
    await frame();
    await frame();
    const running = document.getAnimations().filter(finite);
    await Promise.all(running.map((animation) => animation.finished.catch(() => null)));
}"""


async def axe(page: Page) -> Any:
    """What axe finds: `response["violations"]`, each element with the colours that axe measured."""
    await page.evaluate(_REST)
    result = await Axe().run(page)
    for violation in result.response["violations"]:
        for node in violation["nodes"]:
            print(violation["id"], node["html"], node["failureSummary"])
    return result
