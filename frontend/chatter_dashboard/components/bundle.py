"""The browser bundle that every element of ours comes from."""

from pathlib import Path

__all__ = ["ASSETS", "BUNDLE"]

ASSETS = Path(__file__).parent.parent / "assets"
BUNDLE = {"lx-dashboard": str(ASSETS / "esm")}
