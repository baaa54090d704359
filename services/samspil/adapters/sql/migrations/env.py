"""Alembic's entry point: runs on the connection, and in the transaction, that `samspil.adapters.sql.migrate` hands over."""

from alembic import context

from samspil.adapters.sql.migrate import rendered
from samspil.adapters.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True, render_item=rendered
)
with context.begin_transaction():
    context.run_migrations()
