"""What this domain needs of others, in its own words."""

from abc import ABC, abstractmethod
from datetime import date

__all__ = ["PriceList"]


class PriceList(ABC):
    """Where prices that no organisation has set itself come from. (Litestar can't validate a protocol.)"""

    @property
    @abstractmethod
    def source(self) -> str: ...
    @property
    @abstractmethod
    def taken(self) -> date:
        """The day on which they were taken from there."""
