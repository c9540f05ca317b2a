"""Service accounts, and the keys that they come with."""
