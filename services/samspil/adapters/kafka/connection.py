"""How to reach the brokers, and what their errors mean to the services.

Public surface: `KafkaSettings`, with `KafkaSettings.embedded` for the embedded broker; `broker_errors`, which turns every
error of the client into one of ours.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from aiokafka.errors import (
    ConsumerStoppedError,
    IllegalOperation,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)
from aiokafka.helpers import create_ssl_context
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from samspil.errors import BrokerUnavailable, Misconfigured, Refused

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]

_SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


@dataclass(frozen=True, kw_only=True)
class KafkaSettings:
    """Everything that is said to a broker. The defaults are right for Apache Kafka. Times: `_ms` or, in seconds, `_s`.

    bootstrap_servers: host:port, several parted by commas.
    partitions: of every topic that is created; None leaves each topic its own number.
    replication_factor: of every topic that is created; -1 means three, or as many as there are brokers. (aiokafka 0.14 speaks
        a version of the protocol in which the broker's own default cannot be asked for.)
    max_batch_bytes: what one fetch brings at most. A single larger record still comes.
    batch_wait_ms: how long a poll waits, and then sleeps, while a topic is idle: the latency of the first record after a pause.
    fetch_wait_ms: how long the broker holds a fetch that finds nothing. A partition that just delivered can wait for the fetch
        of the others, so a long one delays the next record.
    graceful_s: how long a stop waits for the batch in hand.
    start_s: how long a start keeps trying to reach the broker.
    """

    bootstrap_servers: str
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    tls_ca_file: Path | None = None
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    client_id: str = "samspil"
    enable_idempotence: bool = True
    compression: Literal["gzip"] | None = None
    session_timeout_ms: int = 10_000
    heartbeat_interval_ms: int = 3_000
    max_poll_interval_ms: int = 300_000
    request_timeout_ms: int = 15_000
    metadata_max_age_ms: int = 60_000
    max_batch_bytes: int = 8 * 1024 * 1024
    max_request_bytes: int = 4 * 1024 * 1024
    batch_wait_ms: int = 50
    fetch_wait_ms: int = 250
    partitions: int | None = None
    replication_factor: int = -1
    graceful_s: float = 15.0
    start_s: float = 60.0

    @classmethod
    def embedded(cls, bootstrap_servers: str, **changes: Any) -> Self:
        """The settings that the embedded broker needs: one replica, no idempotent producer, and a short session.

        The first join of a group takes about half the session timeout there. It looks for new records only when half of a
        fetch's wait is over: 250 ms at the usual 500, 50 ms at 100 (where three idle groups cost 4 % of a core, 9 % at 50).
        """
        values: dict[str, Any] = {
            "enable_idempotence": False,
            "replication_factor": 1,
            "session_timeout_ms": 3_000,
            "heartbeat_interval_ms": 500,
            "request_timeout_ms": 10_000,
            "fetch_wait_ms": 100,
        }
        return cls(bootstrap_servers=bootstrap_servers, **(values | changes))

    @property
    def servers(self) -> list[str]:
        """The bootstrap servers, one by one."""
        return [server.strip() for server in self.bootstrap_servers.split(",") if server.strip()]

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.security_protocol.endswith("SSL")

    @property
    def uses_sasl(self) -> bool:
        """Whether the client says who it is with a name and a password."""
        return self.security_protocol.startswith("SASL")

    def tls_context(self) -> ssl.SSLContext | None:
        """The TLS context, or None without TLS; server certificates are always checked.

        Raises:
            Misconfigured: a certificate or key file cannot be read.
        """
        if not self.uses_tls:
            return None
        files = {"cafile": self.tls_ca_file, "certfile": self.tls_cert_file, "keyfile": self.tls_key_file}
        try:
            context: ssl.SSLContext = create_ssl_context(**{name: str(path) if path else None for name, path in files.items()})
        except (OSError, ssl.SSLError) as error:
            message = f"The TLS files of the broker connection cannot be used ({error})."
            raise Misconfigured(message, hint="Check the paths of the CA, certificate and key files.") from error
        return context

    def client_options(self) -> dict[str, Any]:
        """What every aiokafka client is made with."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.servers,
            "client_id": self.client_id,
            "security_protocol": self.security_protocol,
            "request_timeout_ms": self.request_timeout_ms,
            "metadata_max_age_ms": self.metadata_max_age_ms,
        }
        if self.uses_tls:
            options["ssl_context"] = self.tls_context()
        if self.uses_sasl:
            name, password = self._credentials()
            options |= {"sasl_mechanism": self.sasl_mechanism, "sasl_plain_username": name, "sasl_plain_password": password}
        return options

    def security(self) -> BaseSecurity | None:
        """The same for FastStream."""
        if self.uses_sasl:
            name, password = self._credentials()
            context = self.tls_context()
            return _SASL[self.sasl_mechanism](username=name, password=password, ssl_context=context, use_ssl=self.uses_tls)
        return BaseSecurity(ssl_context=self.tls_context(), use_ssl=True) if self.uses_tls else None

    def _credentials(self) -> tuple[str, str]:
        if not self.sasl_username or not self.sasl_password:
            message = f"The broker connection uses {self.security_protocol}, but has no user name or no password."
            raise Misconfigured(message, hint="Set both, or use PLAINTEXT or SSL.")
        return self.sasl_username, self.sasl_password


@contextmanager
def broker_errors(doing: str) -> Iterator[None]:
    """Turn every error of the client in this block into `BrokerUnavailable`; `doing` completes "The broker did not …".

    All of them but a record that is too large, which stays so (`Refused`): aiokafka marks too few as worth a retry, and after
    a broker comes back `UnknownError` and `UnknownTopicOrPartitionError` pass in a second. A wrong ACL too is repaired
    outside, and the same record succeeds afterwards.
    """
    try:
        yield
    except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
        raise Refused("The broker takes no record that large.", hint="Shorten it, or raise max.message.bytes.") from error
    except (KafkaError, ConsumerStoppedError, IllegalOperation, OSError) as error:
        raise BrokerUnavailable(
            f"The broker did not {doing} ({type(error).__name__}).",
            hint="Check that it runs and can be reached; it is tried again.",
        ) from error
