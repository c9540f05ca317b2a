"""What a browser says of itself, in plain words. It may say anything: this tells devices apart, and proves nothing."""

import re

__all__ = ["device_of"]

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""The first that is named counts: each names those that it wants to be taken for."""
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_PROGRAM = re.compile(r"^([A-Za-z][\w.-]{0,40})(?:/|$)")


def device_of(user_agent: str) -> str:
    """Such as “Firefox on Windows”; a program by its own name; “Unknown device” for what says nothing."""
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    browser = next((name for sign, name in _BROWSERS if f"{sign}/" in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    program = _PROGRAM.match(user_agent)
    if program and program[1] != "Mozilla":
        return program[1]
    return browser or system or "Unknown device"
