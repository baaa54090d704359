"""Fixtures that several folders of tests share."""

import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

from tests.databases import clock, memory_record, postgres_url, record, record_url

__all__ = ["clock", "memory_record", "postgres_url", "record", "record_url"]

# No test asserts a time: on a busy machine an example may take seconds.
settings.register_profile("samspil", deadline=None)
settings.load_profile("samspil")

# A console keeps the width that it finds when it is made: that of the terminal the tests run in is not theirs.
os.environ.pop("COLUMNS", None)


@pytest.fixture(autouse=True)
def _logs_as_they_are(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What runs within a test may configure the logs of this process for good, and later tests would look for theirs in vain."""
    configure = structlog.configure
    monkeypatch.setattr("structlog.configure", lambda **options: configure(**(options | {"cache_logger_on_first_use": False})))
    yield
    structlog.reset_defaults()
