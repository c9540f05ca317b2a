"""What other domains may ask of this one."""

from chatter.tenancy.service import TenancyService

__all__ = ["TenancyService"]
