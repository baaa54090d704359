"""Every setting of Samspil, read from the environment (prefix `SAMSPIL_`) and nowhere else.

Only `samspil.bootstrap` reads them; everything below is given what it needs. For people they are listed in docs/settings.md and
.env.example, which scripts/settings_page.py writes from this class.
"""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from platformdirs import user_cache_path
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from samspil.domain.joint_rules import DEFAULT_STAGES
from samspil.domain.uris import uri
from samspil.errors import Misconfigured
from samspil_schemas.base import MATCHES_MAX, Label
from samspil_schemas.topics import PARTITIONS

PREFIX = "SAMSPIL_"
EMBEDDED = "embedded:"
_KAFKA = "kafka://"
_EDGE = "edge://"
_INDEX_SERVERS = ("http://", "https://")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SQLITE = "sqlite+aiosqlite"
_RECORD_SCHEMES = ("sqlite+aiosqlite://", "sqlite://", "postgresql+asyncpg://", "postgresql://")


def _upper(text: object) -> object:
    return text.upper() if isinstance(text, str) else text


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text


def _listed(text: object) -> object:
    return [part.strip() for part in text.split(",") if part.strip()] if isinstance(text, str) else text


Port = Annotated[int, Field(ge=0, le=65535)]
Share = Annotated[float, Field(gt=0, lt=1)]
Level = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]
LogFormat = Annotated[Literal["auto", "json", "text"], BeforeValidator(_lower)]


class Settings(BaseSettings):
    """The settings, with the defaults of `samspil up`: everything embedded, everything on loopback.

    Raises:
        Misconfigured: a setting is wrong; the message names its variable.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True, extra="ignore")

    data_dir: Path = Field(default=Path(".samspil"), description="Where the embedded parts keep their data.")
    cache_dir: Path = Field(
        default_factory=lambda: user_cache_path("samspil"),
        description="Where the bundled model is unpacked, once for each user; by default in the user's cache.",
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
    kafka_tls_ca_file: Path | None = Field(
        default=None, description="Certificates that Kafka's is checked against; by default those of the system."
    )
    kafka_tls_cert_file: Path | None = Field(default=None, description="Our certificate, where Kafka asks for one.")
    kafka_tls_key_file: Path | None = Field(default=None, description="The key of our certificate.")
    kafka_replication_factor: Annotated[int, Field(ge=-1)] = Field(
        default=-1,
        description="Copies of each topic that is created; -1 makes three, or as many as there are brokers if those are fewer.",
    )
    kafka_partitions: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description=f"Partitions of each topic that is created; by default those of the contract, {PARTITIONS}."
    )
    kafka_session_timeout_ms: Annotated[int, Field(ge=1000)] = Field(
        default=10_000, description="How long Kafka waits for a consumer that is silent. The embedded broker has its own."
    )
    kafka_idempotence: bool = Field(
        default=True, description="Whether the producer asks Kafka to drop its repeats. The embedded broker cannot."
    )

    index_url: str = Field(
        default_factory=lambda values: _index_in(values["data_dir"]),
        description="`edge:///path` of the index in this process, `:memory:`, or `http(s)://host:6333` of a Qdrant server; "
        "by default in the data directory.",
    )
    index_api_key: SecretStr | None = Field(default=None, description="The key of the Qdrant server.")
    record_url: str = Field(
        default_factory=lambda values: _record_in(values["data_dir"]),
        repr=False,  # it may hold a password
        description="`sqlite+aiosqlite:///path` or `postgresql+asyncpg://user:password@host/database`; "
        "by default SQLite in the data directory.",
    )

    model: str = Field(default="bundled", description="`bundled`, a folder, a hub name, or `hashing:256` for tests.")
    model_revision: str | None = Field(default=None, description="The revision of a hub model.")
    model_precision: Annotated[Literal["auto", "fp32", "bf16"], BeforeValidator(_lower)] = Field(
        default="auto", description="Number format of the model; auto takes bf16 where the processor has it."
    )
    model_threads: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Threads of the model; by default all cores."
    )

    match_threshold: Share | None = Field(default=None, description="The least score of a match; by default the scorer's own.")
    similar_threshold: Share | None = Field(
        default=None, description="The least score of the same need at another buyer; by default the scorer's own."
    )
    match_limit: Annotated[int, Field(ge=1, le=MATCHES_MAX)] = Field(
        default=100, description="The most matches that a report carries."
    )

    joint_need_stages: Annotated[tuple[Label, ...], NoDecode, BeforeValidator(_listed)] = Field(
        default=DEFAULT_STAGES,
        min_length=1,
        max_length=20,
        description="The stages of a joint need, in order, parted by commas.",
    )

    web_host: str = Field(default="127.0.0.1", description="The address that the web listens on.")
    web_port: Port = Field(default=8000, description="The port that the web listens on; 0 takes a free one.")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = Field(
        default_factory=tuple,
        description="Addresses or networks of reverse proxies, parted by commas, whose X-Forwarded-For names the client; "
        "without them every client behind a proxy counts as one.",
    )
    metrics_open: bool = Field(
        default=False,
        description="Whether `/metrics` of the web answers without a token; for where only the monitoring reaches it.",
    )
    public_url: str | None = Field(
        default=None,
        description="Where people and programs reach the web from outside, `https://host`, for the links in what is published.",
    )
    health_host: str = Field(default="127.0.0.1", description="The address of health and metrics of services without the web.")
    health_port: Port = Field(default=8001, description="The port of health and metrics of services without the web.")

    ocid_prefix: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)] = Field(
        default="ocds-unregistered",
        description="What every ocid begins with in what is published as open data. The default is nobody's: register one with "
        "the Open Contracting Partnership before you publish.",
    )
    ocds_publisher: Label = Field(
        default="Samspil", description="The organisation that publishes the open data, as it names itself there."
    )

    api_url: str | None = Field(
        default=None,
        description="The Samspil that `samspil joint` asks, `https://host`; by default the one that runs on the data directory.",
    )
    api_token: SecretStr | None = Field(default=None, description="The token that `samspil joint` acts with: a buyer's own.")

    log_level: Level = Field(default="INFO", description="The least level that is logged.")
    log_format: LogFormat = Field(
        default="auto", description="Log lines for programs or for people; auto asks whether standard error is a terminal."
    )

    def __init__(self, **values: Any) -> None:
        """Read the environment; `values` go before it."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _misconfigured(error) from None

    @field_validator("data_dir")
    @classmethod
    def _data_dir_is_text(cls, path: Path) -> Path:
        try:
            str(path).encode()
        except UnicodeEncodeError:
            raise ValueError("is no text in UTF-8, so no URL can name it") from None
        return path

    @field_validator("kafka_url")
    @classmethod
    def _kafka_is_known(cls, url: str) -> str:
        if url == EMBEDDED:
            return url
        if not url.startswith(_KAFKA):
            raise ValueError(f"is neither {EMBEDDED} nor {_KAFKA}host:port")
        for server in url.removeprefix(_KAFKA).split(","):
            host, _, port = server.strip().rpartition(":")
            if "@" in server:
                raise ValueError("holds a name or password; put them into SAMSPIL_KAFKA_SASL_USERNAME and _PASSWORD")
            if not host or not port.isascii() or not port.isdigit():
                raise ValueError(f"names a broker without host or port; write {_KAFKA}host:9092,host:9092")
        return url

    @field_validator("index_url")
    @classmethod
    def _index_is_known(cls, url: str) -> str:
        if url != ":memory:" and not url.startswith(_INDEX_SERVERS) and _edge_directory(url) is None:
            raise ValueError("is neither edge:///path nor http(s)://host:6333 nor :memory:")
        return url

    @field_validator("record_url")
    @classmethod
    def _record_is_known(cls, url: str) -> str:
        if not url.startswith(_RECORD_SCHEMES):
            raise ValueError("is neither sqlite+aiosqlite:///path nor postgresql+asyncpg://user:password@host/database")
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            raise ValueError("cannot be read; write %-codes for what has a meaning in a URL") from None
        # Each command opens the record anew, so one in memory would be another one each time.
        if parsed.drivername.startswith("sqlite") and (parsed.database or ":").startswith((":", "file:")):
            raise ValueError("names no file; write sqlite+aiosqlite:///path, with four slashes for an absolute path")
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_addresses(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            try:
                ip_network(proxy)
            except ValueError:
                raise ValueError("names something that is no address and no network, as 10.0.0.0/8 is") from None
        return proxies

    @field_validator("api_url")
    @classmethod
    def _api_is_safe(cls, url: str | None) -> str | None:
        if url is None or url.startswith("https://"):
            return url
        parsed = urlsplit(url)
        if parsed.scheme != "http" or parsed.hostname not in _LOOPBACK:
            raise ValueError("is neither https://host nor http:// on this machine; elsewhere a token would be sent in the clear")
        return url

    @field_validator("public_url")
    @classmethod
    def _public_url_is_an_address(cls, url: str | None) -> str | None:
        if url is None:
            return url
        parsed = urlsplit(url)
        if parsed.scheme not in ("http", "https") or uri(url) != url or parsed.query or parsed.fragment:
            raise ValueError("is no address like https://host or https://host/path")
        return url.rstrip("/")

    @field_validator("joint_need_stages")
    @classmethod
    def _stages_differ(cls, stages: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(stages)) < len(stages):
            raise ValueError("names a stage twice")
        return stages

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.kafka_url == EMBEDDED and self.kafka_security_protocol != "PLAINTEXT":
            raise ValueError("SAMSPIL_KAFKA_SECURITY_PROTOCOL is set, but the broker is the embedded one; set SAMSPIL_KAFKA_URL")
        if self.kafka_security_protocol.startswith("SASL") and not (self.kafka_sasl_username and self.kafka_sasl_password):
            raise ValueError(
                "SAMSPIL_KAFKA_SECURITY_PROTOCOL asks for SAMSPIL_KAFKA_SASL_USERNAME and SAMSPIL_KAFKA_SASL_PASSWORD"
            )
        if (self.kafka_tls_cert_file is None) != (self.kafka_tls_key_file is None):
            raise ValueError("SAMSPIL_KAFKA_TLS_CERT_FILE and SAMSPIL_KAFKA_TLS_KEY_FILE go together; set both or none")
        if self.model_revision and (self.model == "bundled" or self.model.startswith("hashing:")):
            raise ValueError("SAMSPIL_MODEL_REVISION is for a model of a hub; unset it, or name such a model in SAMSPIL_MODEL")
        return self

    @property
    def kafka_servers(self) -> str:
        """The brokers, host:port, parted by commas."""
        return self.kafka_url.removeprefix(_KAFKA)

    @property
    def index_directory(self) -> Path | None:
        """Where the embedded index is; None for one in memory or on a server."""
        return _edge_directory(self.index_url)

    @property
    def record_file(self) -> Path | None:
        """The file of a record in SQLite; None for one on a server."""
        return _sqlite_file(self.record_url)

    @property
    def uses_data_dir(self) -> bool:
        """True if a part of this process keeps its data there."""
        inside = self.data_dir.resolve()
        places = (self.index_directory, self.record_file)
        return self.kafka_url == EMBEDDED or any(place.resolve().is_relative_to(inside) for place in places if place)

    def in_data_dir(self, data_dir: Path) -> Self:
        """The same settings with everything embedded in another directory, and the web on any free port."""
        values = self.model_dump() | {
            "data_dir": data_dir,
            "index_url": _index_in(data_dir),
            "record_url": _record_in(data_dir),
            "kafka_url": EMBEDDED,
            "kafka_security_protocol": "PLAINTEXT",
            "web_port": 0,
        }
        return type(self)(**values)


def _index_in(data_dir: Path) -> str:
    return f"{_EDGE}{data_dir.absolute() / 'index'}"


def _record_in(data_dir: Path) -> str:
    file = data_dir.absolute() / "record.sqlite"
    return URL.create(_SQLITE, database=str(file)).render_as_string(hide_password=False)


def _edge_directory(url: str) -> Path | None:
    """The directory of an embedded index, whose path is written as it is; None for any other URL."""
    path = url.removeprefix(_EDGE)
    return Path(path) if path != url and path.strip("/") and path.startswith("/") else None


def _sqlite_file(url: str) -> Path | None:
    """The file of a SQLite record; None for a server."""
    parsed = make_url(url)
    return Path(parsed.database) if parsed.drivername.startswith("sqlite") and parsed.database else None


def _misconfigured(error: ValidationError) -> Misconfigured:
    """One sentence for each wrong setting, with the name of its variable and without its value, which may be a secret."""
    problems = []
    for problem in error.errors(include_url=False, include_input=False):
        if problem["type"] == "default_factory_not_called":
            continue  # it follows from another
        said = problem["msg"].removeprefix("Value error, ")
        name = PREFIX + str(problem["loc"][0]).upper() if problem["loc"] else ""
        if not name:
            problems.append(f"{said}.")
        elif problem["type"] == "value_error":
            problems.append(f"{name} {said}.")
        else:
            problems.append(f"{name} is wrong: {said[0].lower()}{said[1:]}.")
    return Misconfigured(" ".join(problems), hint="See docs/settings.md.")
