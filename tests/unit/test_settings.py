"""Settings come from the environment alone, and a wrong one is named in a sentence."""

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from samspil.bootstrap.parts import rules_of
from samspil.errors import Misconfigured
from samspil.matching.rules import Rules
from samspil.settings import PREFIX, Settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


@pytest.fixture
def environment(monkeypatch):
    def put(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(PREFIX + name, value)

    return put


def test_with_nothing_set_everything_is_embedded_and_on_loopback():
    settings = Settings()
    assert settings.kafka_url == "embedded:"
    assert settings.index_url == f"edge://{Path.cwd()}/.samspil/index"
    assert settings.record_url == f"sqlite+aiosqlite:///{Path.cwd()}/.samspil/record.sqlite"
    assert settings.uses_data_dir
    assert {settings.web_host, settings.health_host} == {"127.0.0.1"}


def test_the_data_directory_decides_where_the_embedded_parts_are(environment):
    environment(DATA_DIR="/srv/samspil")
    settings = Settings()
    assert settings.index_url == "edge:///srv/samspil/index"
    assert settings.record_url == "sqlite+aiosqlite:////srv/samspil/record.sqlite"


@pytest.mark.parametrize("name", ["d?x", "d#x", "d%20x", "a b", "é&=", "d;x@y:z"])
def test_whatever_the_data_directory_is_called_the_embedded_parts_are_inside(environment, tmp_path, name):
    environment(DATA_DIR=str(tmp_path / name))
    settings = Settings()
    assert make_url(settings.record_url).database == str(tmp_path / name / "record.sqlite")
    assert not make_url(settings.record_url).query
    assert settings.index_url == f"edge://{tmp_path}/{name}/index"
    assert Settings(record_url=settings.record_url, index_url=settings.index_url, kafka_url="kafka://a:9092").uses_data_dir


KAFKA = {"KAFKA_URL": "kafka://a:9092"}
POSTGRES = {"RECORD_URL": "postgresql+asyncpg://samspil@db/samspil"}


@pytest.mark.parametrize(
    ("values", "uses"),
    [
        (KAFKA | POSTGRES, True),  # the index is there
        (KAFKA | {"INDEX_URL": "http://qdrant:6333"}, True),  # the record is
        (POSTGRES | {"INDEX_URL": "http://qdrant:6333"}, True),  # the broker's log is
        (KAFKA | POSTGRES | {"INDEX_URL": "edge:///srv/samspil-2/index"}, False),
        (KAFKA | POSTGRES | {"INDEX_URL": "edge:///srv/other/../samspil/index"}, True),
        (KAFKA | POSTGRES | {"INDEX_URL": "http://srv/samspil/x"}, False),
        (KAFKA | {"INDEX_URL": ":memory:", "RECORD_URL": "sqlite:////srv/samspil/sub/a.db"}, True),
        (KAFKA | {"INDEX_URL": ":memory:", "RECORD_URL": "sqlite:////srv/samspil.db"}, False),
        (KAFKA | {"INDEX_URL": ":memory:", "RECORD_URL": "postgresql://srv/samspil?application_name=/srv/samspil"}, False),
    ],
)
def test_the_data_directory_is_used_where_a_part_is_inside(environment, values, uses):
    environment(DATA_DIR="/srv/samspil", **values)
    assert Settings().uses_data_dir is uses


def test_a_part_elsewhere_is_named_by_its_url(environment):
    environment(
        KAFKA_URL="kafka://a:9092,b:9092",
        INDEX_URL="https://qdrant.example:6333",
        RECORD_URL="postgresql+asyncpg://samspil:word@db/samspil",
    )
    settings = Settings()
    assert settings.kafka_servers == "a:9092,b:9092"
    assert not settings.uses_data_dir


def test_an_empty_variable_counts_as_not_set(environment):
    environment(INDEX_API_KEY="", WEB_PORT="", INDEX_URL="")
    assert Settings() == Settings(index_api_key=None, web_port=8000)


def test_the_case_of_a_level_or_a_format_does_not_matter(environment):
    environment(LOG_LEVEL="debug", LOG_FORMAT="JSON", MODEL_PRECISION="BF16")
    settings = Settings()
    assert (settings.log_level, settings.log_format, settings.model_precision) == ("DEBUG", "json", "bf16")


def test_the_public_address_has_no_slash_at_its_end(environment):
    environment(PUBLIC_URL="https://samspil.test/market/")
    assert Settings().public_url == "https://samspil.test/market"


def test_settings_never_show_a_secret(environment):
    environment(
        KAFKA_URL="kafka://a:9092",
        KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        KAFKA_SASL_USERNAME="samspil",
        KAFKA_SASL_PASSWORD="open-sesame",
        INDEX_API_KEY="open-sesame",
        RECORD_URL="postgresql+asyncpg://samspil:open-sesame@db/samspil",
    )
    settings = Settings()
    assert "open-sesame" in settings.record_url
    assert "open-sesame" not in f"{settings} {settings!r}"


WRONG = {
    "another scheme": ({"KAFKA_URL": "amqp://a:5672"}, "SAMSPIL_KAFKA_URL is neither embedded: nor kafka://host:port."),
    "no broker": ({"KAFKA_URL": "kafka://"}, "SAMSPIL_KAFKA_URL names a broker without host or port"),
    "a broker without port": ({"KAFKA_URL": "kafka://a:9092,b"}, "SAMSPIL_KAFKA_URL names a broker without host or port"),
    "a password in the URL": ({"KAFKA_URL": "kafka://me:s3cret@a:9092"}, "SAMSPIL_KAFKA_SASL_USERNAME"),
    "security without Kafka": ({"KAFKA_SECURITY_PROTOCOL": "SSL"}, "the broker is the embedded one"),
    "a name without password": (
        {"KAFKA_URL": "kafka://a:9092", "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_USERNAME": "samspil"},
        "asks for SAMSPIL_KAFKA_SASL_USERNAME and SAMSPIL_KAFKA_SASL_PASSWORD",
    ),
    "a certificate without key": ({"KAFKA_TLS_CERT_FILE": "a.pem"}, "SAMSPIL_KAFKA_TLS_KEY_FILE go together"),
    "a public address with a query": (
        {"PUBLIC_URL": "https://samspil.test/?a=1"},
        "SAMSPIL_PUBLIC_URL is no address like https://host",
    ),
    "a public address without a scheme": ({"PUBLIC_URL": "samspil.test"}, "SAMSPIL_PUBLIC_URL is no address like https://host"),
    "a prefix that is no part of an ocid": ({"OCID_PREFIX": "ocds abc#1"}, "SAMSPIL_OCID_PREFIX"),
    "another index": ({"INDEX_URL": "pinecone://x"}, "SAMSPIL_INDEX_URL is neither edge:///path"),
    "an index beside the path": ({"INDEX_URL": "edge:foo"}, "SAMSPIL_INDEX_URL is neither edge:///path"),
    "an index on a host": ({"INDEX_URL": "edge://foo/bar"}, "SAMSPIL_INDEX_URL is neither edge:///path"),
    "an index nowhere": ({"INDEX_URL": "edge:///"}, "SAMSPIL_INDEX_URL is neither edge:///path"),
    "a record in memory": ({"RECORD_URL": "sqlite+aiosqlite:///:memory:"}, "SAMSPIL_RECORD_URL names no file"),
    "a record in shared memory": ({"RECORD_URL": "sqlite:///file:x?mode=memory&uri=true"}, "SAMSPIL_RECORD_URL names no file"),
    "a record nowhere": ({"RECORD_URL": "sqlite:///"}, "SAMSPIL_RECORD_URL names no file"),
    "a record without slashes": ({"RECORD_URL": "sqlite://"}, "SAMSPIL_RECORD_URL names no file"),
    "a record at no port": ({"RECORD_URL": "postgresql://samspil:s3cret@db:x/y"}, "SAMSPIL_RECORD_URL cannot be read"),
    "a directory that is no text": ({"DATA_DIR": "/srv/\udcff"}, "SAMSPIL_DATA_DIR is no text in UTF-8"),
    "a proxy by its name": ({"TRUSTED_PROXIES": "10.0.0.1,proxy"}, "SAMSPIL_TRUSTED_PROXIES names something that is no address"),
    "any proxy": ({"TRUSTED_PROXIES": "*"}, "SAMSPIL_TRUSTED_PROXIES names something that is no address"),
    "another database": ({"RECORD_URL": "mysql://samspil:s3cret@db/x"}, "SAMSPIL_RECORD_URL is neither sqlite"),
    "a revision of the bundled model": ({"MODEL_REVISION": "main"}, "SAMSPIL_MODEL_REVISION is for a model of a hub"),
    "a port that Kubernetes set": (
        {"WEB_PORT": "tcp://10.0.0.1:8000"},
        "SAMSPIL_WEB_PORT is wrong: input should be a valid integer",
    ),
    "a threshold beyond a probability": (
        {"MATCH_THRESHOLD": "1.5"},
        "SAMSPIL_MATCH_THRESHOLD is wrong: input should be less than 1.",
    ),
    "a token in the clear": ({"API_URL": "http://samspil.example"}, "SAMSPIL_API_URL is neither https"),
    "an API that is no URL": ({"API_URL": "http://[x"}, "SAMSPIL_API_URL"),
    "a stage twice": ({"JOINT_NEED_STAGES": "need,dialogue,need"}, "SAMSPIL_JOINT_NEED_STAGES names a stage twice"),
    "no stage": ({"JOINT_NEED_STAGES": ","}, "SAMSPIL_JOINT_NEED_STAGES is wrong"),
    "more matches than a report holds": ({"MATCH_LIMIT": "201"}, "SAMSPIL_MATCH_LIMIT is wrong"),
    "an unknown level": (
        {"LOG_LEVEL": "loud"},
        "SAMSPIL_LOG_LEVEL is wrong: input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'.",
    ),
    "two at once": ({"WEB_PORT": "-1", "HEALTH_PORT": "x"}, "SAMSPIL_HEALTH_PORT is wrong"),
}


@pytest.mark.parametrize(("values", "said"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_setting_is_named_without_its_value(environment, values, said):
    environment(**values)
    with pytest.raises(Misconfigured) as refusal:
        Settings()
    assert said in refusal.value.message
    assert refusal.value.hint == "See docs/settings.md."
    assert "s3cret" not in str(refusal.value)


def test_proxies_are_listed_with_commas(environment):
    environment(TRUSTED_PROXIES="10.0.0.1, 192.168.0.0/16,fd00::/8")
    assert Settings().trusted_proxies == ("10.0.0.1", "192.168.0.0/16", "fd00::/8")
    environment(TRUSTED_PROXIES="")
    assert Settings().trusted_proxies == ()


def test_the_stages_of_a_joint_need_are_a_reconstruction_that_an_installation_may_replace(environment):
    assert len(Settings().joint_need_stages) == 6
    environment(JOINT_NEED_STAGES="behov, dialog,køb")
    assert Settings().joint_need_stages == ("behov", "dialog", "køb")


def test_a_fresh_place_forgets_every_part_elsewhere(environment, tmp_path):
    environment(
        KAFKA_URL="kafka://a:9092",
        KAFKA_SECURITY_PROTOCOL="SSL",
        INDEX_URL="http://qdrant:6333",
        RECORD_URL="postgresql+asyncpg://samspil@db/samspil",
        WEB_PORT="9000",
        MATCH_LIMIT="7",
    )
    settings = Settings().in_data_dir(tmp_path)
    assert settings.kafka_url == "embedded:"
    assert settings.index_url == f"edge://{tmp_path}/index"
    assert settings.record_url == f"sqlite+aiosqlite:///{tmp_path}/record.sqlite"
    assert settings.web_port == 0
    assert settings.match_limit == 7


def test_without_a_threshold_the_scorers_own_counts():
    settings, rules = Settings(), Rules()
    assert (settings.match_threshold, settings.similar_threshold, settings.match_limit) == (None, None, rules.limit)
    assert rules_of(settings, space="no-such-space") == rules
    strict = Settings(match_threshold=0.9)
    assert rules_of(strict, space="no-such-space") == Rules(threshold=0.9)
