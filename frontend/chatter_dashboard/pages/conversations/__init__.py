"""All conversations."""
