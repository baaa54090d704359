"""Fixtures that several folders of tests share."""

from tests.databases import clock, memory_record, postgres_url, record, record_url

__all__ = ["clock", "memory_record", "postgres_url", "record", "record_url"]
