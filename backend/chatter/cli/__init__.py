"""The `chatter` command: runs an installation, checks it, and talks to one over its public API.

Each command's module is imported when the command is called, so that asking a question does not pay for the
supervisor, nor the supervisor for alembic.
"""
