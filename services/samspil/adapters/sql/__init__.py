"""The record on SQLAlchemy: SQLite in one file, or PostgreSQL."""

from samspil.adapters.sql.record import SqlRecord, open_record

__all__ = ["SqlRecord", "open_record"]
