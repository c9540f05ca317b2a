"""Alembic's entry: the connection comes from chatter.kit.db.migrate."""

from alembic import context

from chatter.registry import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    transactional_ddl=True,
    version_table="schema_version",
)
with context.begin_transaction():
    context.run_migrations()
