"""Sharing single things, and why somebody can, or can't, do something."""
