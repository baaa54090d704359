"""The errors of Samspil.

SamspilError
├── Transient            the same message may succeed later; retry, then rewind
│   ├── BrokerUnavailable
│   ├── IndexUnavailable
│   ├── RecordUnavailable
│   └── ModelUnavailable
└── Permanent            the same message never can; dead letter or refusal
    ├── Malformed        it could not be read
    ├── Refused          it was read, and a rule forbids it
    │   ├── NotFound
    │   ├── Forbidden
    │   └── Conflict
    │       └── Outdated
    └── Misconfigured    the installation, not the message, is wrong

A message to people says what happened and, in `hint`, what to do about it.
"""


class SamspilError(Exception):
    """Something went wrong that Samspil knows about."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class Transient(SamspilError):
    """The same message may succeed later; retry, then rewind."""


class BrokerUnavailable(Transient):
    """The broker does not answer."""


class IndexUnavailable(Transient):
    """The vector index does not answer."""


class RecordUnavailable(Transient):
    """The database of the record does not answer."""


class ModelUnavailable(Transient):
    """The embedding model does not answer."""


class Permanent(SamspilError):
    """The same message never can succeed."""


class Malformed(Permanent):
    """The message could not be read."""


class Refused(Permanent):
    """The message was read, and a rule forbids what it asks."""


class NotFound(Refused):
    """There is no such thing, or the asker may not know of it."""


class Forbidden(Refused):
    """The asker may not do this."""


class Conflict(Refused):
    """What is asked contradicts what stands."""


class Outdated(Conflict):
    """A newer version of the same source stands already, so this one changes nothing."""


class Misconfigured(Permanent):
    """The installation is wrong; no message can help."""
