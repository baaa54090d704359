"""Migrations of the record, run by `SqlRecord.migrate`. Make one with `python -m samspil.adapters.sql.revise "what changes"`."""
