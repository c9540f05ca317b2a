"""Implementations of the ports of the documents domain."""
