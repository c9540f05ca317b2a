"""What other domains may ask of usage."""

from chatter.usage.counts import estimated_tokens
from chatter.usage.ledger import Billed, Ledger, ModelUse, Outcome
from chatter.usage.prices import FREE, Price, amount, plain, price_on
from chatter.usage.recording import keep_uses, record_uses, recording, uses_json
from chatter.usage.service import UsedModelCall, provider_health, used_for

__all__ = [
    "FREE",
    "Billed",
    "Ledger",
    "ModelUse",
    "Outcome",
    "Price",
    "UsedModelCall",
    "amount",
    "estimated_tokens",
    "keep_uses",
    "plain",
    "price_on",
    "provider_health",
    "record_uses",
    "recording",
    "used_for",
    "uses_json",
]
