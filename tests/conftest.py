"""Fixtures that several folders of tests share."""

import os

from hypothesis import settings

from tests.databases import clock, memory_record, postgres_url, record, record_url

__all__ = ["clock", "memory_record", "postgres_url", "record", "record_url"]

# No test asserts a time: on a busy machine an example may take seconds.
settings.register_profile("samspil", deadline=None)
settings.load_profile("samspil")

# A console keeps the width that it finds when it is made: that of the terminal the tests run in is not theirs.
os.environ.pop("COLUMNS", None)
