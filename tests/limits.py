"""Amounts for test worlds: the limits are asked as ever, and what people do in a hurry stays below them."""

import json

from chatter.kit.rate_limits.rules import RULES

__all__ = ["UNHURRIED"]

UNHURRIED = json.dumps({rule.name: 1_000_000 for rule in RULES})
"""The value of CHATTER_RATE_LIMITS."""
