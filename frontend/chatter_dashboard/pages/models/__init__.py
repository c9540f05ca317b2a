"""Providers and models."""
