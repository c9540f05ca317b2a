"""Mails that were kept on the server."""
