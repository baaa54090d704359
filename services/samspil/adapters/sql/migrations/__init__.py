"""Migrations of the record, run by `SqlRecord.migrate`. Write the next with `python -m samspil.adapters.sql.migrate`."""
