"""The people and processes of the chat tests."""

from tests.chat.conftest import asker, chat_database, chat_settings, here, newcomer, upstream

__all__ = ["asker", "chat_database", "chat_settings", "here", "newcomer", "upstream"]
