"""Database access: engines, the unit of work, row-level security, migrations."""
