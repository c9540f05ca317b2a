"""Titles of other people's conversations, for administrators."""
