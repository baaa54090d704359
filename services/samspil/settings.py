"""Every setting of Samspil, read from the environment (prefix `SAMSPIL_`) and nowhere else.

Only `samspil.bootstrap` reads them; everything below is given what it needs.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from platformdirs import user_cache_path
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

EMBEDDED = "embedded:"
_KAFKA = "kafka://"
_SQLITE = "sqlite+aiosqlite:///"
_EDGE = "edge:"

Port = Annotated[int, Field(ge=0, le=65535)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Settings(BaseSettings):
    """The settings, with the defaults of `samspil up`: everything embedded, everything on loopback."""

    model_config = SettingsConfigDict(env_prefix="SAMSPIL_", frozen=True, env_ignore_empty=True, extra="ignore")

    data_dir: Path = Field(default=Path(".samspil"), description="Where the embedded parts keep their data.")
    cache_dir: Path = Field(
        default_factory=lambda: user_cache_path("samspil"), description="Where the bundled model is unpacked, once for each user."
    )

    kafka_url: str = Field(
        default=EMBEDDED, description="`embedded:` for the broker in this process, or `kafka://host:port,host:port`."
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="How the connection to Kafka is protected."
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="How the name and the password are sent to Kafka."
    )
    kafka_sasl_username: str | None = Field(default=None, description="The name at Kafka.")
    kafka_sasl_password: SecretStr | None = Field(default=None, description="The password at Kafka.")
    kafka_tls_ca_file: Path | None = Field(default=None, description="Certificates that Kafka's is checked against.")
    kafka_tls_cert_file: Path | None = Field(default=None, description="Our certificate, where Kafka asks for one.")
    kafka_tls_key_file: Path | None = Field(default=None, description="The key of our certificate.")
    kafka_replication_factor: Annotated[int, Field(ge=-1)] = Field(
        default=-1, description="Copies of each topic that is created; -1 leaves it to the broker."
    )
    kafka_partitions: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Partitions of each topic that is created; by default those of the contract, 12."
    )
    kafka_session_timeout_ms: Annotated[int, Field(ge=1000)] = Field(
        default=10_000, description="How long Kafka waits for a consumer that is silent. The embedded broker has its own."
    )
    kafka_idempotence: bool = Field(
        default=True, description="Whether the producer asks Kafka to drop its repeats. The embedded broker cannot."
    )

    index_url: str = Field(
        default="", description="`edge:path` (by default in the data directory), `:memory:`, or `http(s)://…` of a Qdrant server."
    )
    index_api_key: SecretStr | None = Field(default=None, description="The key of the Qdrant server.")
    record_url: str = Field(
        default="", description="`sqlite+aiosqlite:///path` (by default in the data directory) or `postgresql+asyncpg://…`."
    )

    model: str = Field(default="bundled", description="`bundled`, a folder, a hub name, or `hashing:256` for tests.")
    model_revision: str | None = Field(default=None, description="The revision of a hub model.")
    model_precision: Literal["auto", "fp32", "bf16"] = Field(
        default="auto", description="Number format of the model; auto takes bf16 where the processor has it."
    )
    model_threads: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Threads of the model; by default all cores."
    )

    match_threshold: Share = Field(default=0.5, description="The least score of a match.")
    similar_threshold: Share = Field(default=0.5, description="The least score of the same need at another buyer.")
    match_limit: Annotated[int, Field(ge=1, le=200)] = Field(default=100, description="The most matches that a report carries.")

    web_host: str = Field(default="127.0.0.1", description="The address that the web listens on.")
    web_port: Port = Field(default=8000, description="The port that the web listens on; 0 takes a free one.")
    health_host: str = Field(default="127.0.0.1", description="The address of health and metrics of services without the web.")
    health_port: Port = Field(default=8001, description="The port of health and metrics of services without the web.")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="The least level that is logged.")
    log_format: Literal["auto", "json", "text"] = Field(
        default="auto", description="Log lines for programs or for people; auto asks whether standard error is a terminal."
    )

    @field_validator("kafka_url")
    @classmethod
    def _kafka_is_known(cls, url: str) -> str:
        if url != EMBEDDED and not url.removeprefix(_KAFKA).strip(","):
            raise ValueError("names no broker; write kafka://host:port")
        if url != EMBEDDED and not url.startswith(_KAFKA):
            raise ValueError("is neither embedded: nor kafka://host:port")
        return url

    def model_post_init(self, _context: object) -> None:
        """Derive what the data directory decides."""
        if not self.index_url:
            object.__setattr__(self, "index_url", f"{_EDGE}//{self.data_dir.absolute() / 'index'}")
        if not self.record_url:
            object.__setattr__(self, "record_url", f"{_SQLITE}{self.data_dir.absolute() / 'record.sqlite'}")

    @property
    def kafka_servers(self) -> str:
        """The brokers, host:port, parted by commas."""
        return self.kafka_url.removeprefix(_KAFKA)

    @property
    def uses_data_dir(self) -> bool:
        """True if a part of this process keeps its data there."""
        inside = str(self.data_dir.absolute())
        return self.kafka_url == EMBEDDED or inside in self.index_url or inside in self.record_url

    def in_data_dir(self, data_dir: Path) -> Self:
        """The same settings with everything embedded in another directory, and the web on any free port."""
        values = self.model_dump() | {
            "data_dir": data_dir,
            "index_url": "",
            "record_url": "",
            "kafka_url": EMBEDDED,
            "web_port": 0,
        }
        return type(self)(**values)
