"""The organisation, appearance, one's own profile."""
