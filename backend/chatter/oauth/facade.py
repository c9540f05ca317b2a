"""What others may ask of apps' tokens."""

from chatter.oauth.signing_keys import add_signing_key

__all__ = ["add_signing_key"]
