"""Key figures, the chart of tokens, bars of shares."""

import msgspec
from nicegui.element import Element

from chatter.kit.schema import Schema
from chatter_dashboard.components.bundle import BUNDLE

__all__ = ["Bars", "Chart", "DayTokens", "Kpi", "Kpis", "Share"]


class Kpi(Schema, frozen=True, kw_only=True):
    """A figure; its series, oldest first, is drawn as a line below it."""

    label: str
    value: int
    series: tuple[int, ...] = ()
    chip: str = ""
    tone: str = ""
    note: str = ""


class DayTokens(Schema, frozen=True, kw_only=True):
    """Tokens of one day (ISO date)."""

    day: str
    input: int
    output: int


class Share(Schema, frozen=True, kw_only=True):
    """A part of a whole."""

    label: str
    value: int


class Kpis(Element, component="lx_kpis.js", esm=BUNDLE):
    """A row of key figures."""

    def __init__(self, items: list[Kpi]) -> None:
        super().__init__()
        self._props["items"] = msgspec.to_builtins(items)


class Chart(Element, component="lx_chart.js", esm=BUNDLE):
    """Tokens per day."""

    def __init__(self, days: list[DayTokens]) -> None:
        super().__init__()
        self._props["days"] = msgspec.to_builtins(days)


class Bars(Element, component="lx_bars.js", esm=BUNDLE):
    """Shares as bars."""

    def __init__(self, items: list[Share], *, unit: str) -> None:
        super().__init__()
        self._props["items"] = msgspec.to_builtins(items)
        self._props["unit"] = unit
