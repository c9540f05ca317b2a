"""Chatter: ask your organisation's documents, with every tenant kept apart by the database itself."""
