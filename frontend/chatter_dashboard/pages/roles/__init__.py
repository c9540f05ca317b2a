"""Roles: who holds which permission."""
