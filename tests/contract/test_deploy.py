"""What is deployed names only what exists: commands, services, settings, ports; and nothing is open, unpinned or known to all."""

import fnmatch
import json
import re
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from jsonschema import Draft202012Validator

from samspil.settings import PREFIX, Settings
from scripts.settings_page import GROUPS, PAGES, fields_of

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
SERVING = {name: service for name, service in OURS.items() if service["command"][0] == "serve"}
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
DOCUMENTS = [
    ROOT / name
    for name in (
        "docker-compose.yml",
        ".env.example",
        "deploy/Dockerfile",
        "Makefile",
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    )
]
DOCUMENTS += [*(ROOT / "deploy").glob("*.md"), *(ROOT / "docs").rglob("*.md")]
VARIABLES = {PREFIX + name.upper() for name in Settings.model_fields}

each_service = pytest.mark.parametrize("name", SERVICES)
each_of_ours = pytest.mark.parametrize("name", OURS)
each_serving = pytest.mark.parametrize("name", SERVING)


def test_the_compose_file_follows_the_compose_specification():
    package = pytest.importorskip("check_jsonschema", reason="check-jsonschema, which ships the specification, is not installed")
    specification = files(package).joinpath("builtin_schemas/vendor/compose-spec.json").read_text(encoding="utf-8")
    Draft202012Validator(json.loads(specification)).validate(COMPOSE)


def test_the_compose_file_has_the_parts_that_are_described():
    assert set(COMPOSE) == {"name", "services", "networks", "volumes", "x-hardened", "x-samspil"}
    for name, service in SERVICES.items():
        assert ("image" in service) or ("build" in service), name
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"], f"{name} mounts {volume}, which is not declared"
        assert set(service["networks"]) <= set(COMPOSE["networks"])
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


# --- commands and services


def commands() -> dict[str, Any]:
    from samspil.cli.app import app  # noqa: PLC0415 - heavy, and only these tests need it

    found: dict[str, Any] = typer.main.get_command(app).commands
    return found


@each_of_ours
def test_every_command_exists_and_takes_its_arguments(name):
    command, *arguments = OURS[name]["command"]
    assert command in commands()
    context = commands()[command].make_context(command, list(arguments))
    assert context.params.get("names", arguments) == arguments


def test_every_service_has_its_own_container():
    from samspil.bootstrap import ALL_SERVICES  # noqa: PLC0415 - heavy, and only this test needs it

    assert {service["command"][1] for service in SERVING.values()} == ALL_SERVICES
    assert all(service["command"] == ["serve", name] for name, service in SERVING.items())


def test_the_image_starts_a_command_that_exists():
    entry = json.loads(re.search(r"^ENTRYPOINT (.+)$", DOCKERFILE, re.MULTILINE)[1])
    default = json.loads(re.search(r"^CMD (.+)$", DOCKERFILE, re.MULTILINE)[1])
    assert entry == ["samspil"]
    assert default[0] in commands()


def test_the_guide_names_commands_that_exist():
    guide = (ROOT / "deploy/README.md").read_text(encoding="utf-8")
    named = re.findall(r"exec web samspil (\w+)|run --rm .* migrate (\w+)|`samspil (\w+)`", guide)
    found = {command for alternatives in named for command in alternatives if command}
    assert {"doctor", "token", "import", "up", "migrate"} <= found
    assert found <= set(commands())


# --- settings


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path.exists()], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_settings_that_exist(path):
    named = set(re.findall(r"SAMSPIL_[A-Z0-9_]*[A-Z0-9]", path.read_text(encoding="utf-8")))
    assert named <= VARIABLES


@pytest.mark.parametrize("path", ["docs/settings.md", ".env.example"])
def test_every_setting_is_documented(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    assert {name for name in VARIABLES if not re.search(rf"\b{name}\b", text)} == set()


@pytest.mark.parametrize("path", PAGES)
def test_the_page_of_the_settings_is_what_the_settings_say(path):
    assert (ROOT / path).read_text(encoding="utf-8") == PAGES[path](), "run: python scripts/settings_page.py"


def test_every_setting_is_described_and_in_one_group():
    assert all(field.description for field in Settings.model_fields.values())
    grouped = [name for group in GROUPS for name, _ in fields_of(group)]
    assert sorted(grouped) == sorted(Settings.model_fields)


def environment(service: dict[str, Any], dotenv: dict[str, str] | None = None) -> dict[str, str]:
    """The variables of a container as Compose makes them of the file and of `.env`."""

    def filled(value: str) -> str:
        asked = re.sub(r"\$\{\w+:\?[^}]*\}", "s3cret", value)
        return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: (dotenv or {}).get(found[1], "") or found[2], asked)

    return {name: filled(value) for name, value in service["environment"].items()}


ELSEWHERE = {
    "SAMSPIL_KAFKA_URL": "kafka://a.example:9093,b.example:9093",
    "SAMSPIL_INDEX_URL": "https://qdrant.example:6333",
    "SAMSPIL_RECORD_URL": "postgresql+asyncpg://samspil:word@db.example/samspil",
}


@each_of_ours
def test_the_parts_that_the_env_file_names_are_used(name):
    assert environment(OURS[name], ELSEWHERE).items() >= ELSEWHERE.items()
    assert environment(OURS[name], dict.fromkeys(ELSEWHERE, "")) == environment(OURS[name])


def test_the_guide_gives_every_service_that_uses_a_part_elsewhere_a_network_that_reaches_out():
    guide = (ROOT / "deploy/README.md").read_text(encoding="utf-8")
    override = yaml.safe_load(re.search(r"```yaml\n(.+?)```", guide, re.DOTALL)[1])["services"]
    reaching = {name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")}
    for name, service in OURS.items():
        assert reaching & set(override.get(name, service)["networks"]), name


@each_of_ours
def test_the_settings_of_a_container_are_valid_and_name_the_other_containers(name, monkeypatch):
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment(OURS[name]).items():
        assert variable in VARIABLES
        monkeypatch.setenv(variable, value)
    settings = Settings()
    assert not settings.uses_data_dir
    assert settings.kafka_servers in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert re.search(r"//(\w+):", settings.index_url)[1] in SERVICES
    database = SERVICES["postgres"]["environment"]
    assert settings.record_url.endswith(f"@postgres:5432/{database['POSTGRES_DB']}")
    assert f"//{database['POSTGRES_USER']}:" in settings.record_url


# --- ports and health


@each_service
def test_a_port_is_published_on_this_machine_alone(name):
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)


@each_serving
def test_the_ports_of_a_service_are_those_of_the_settings(name):
    service, defaults = SERVING[name], Settings.model_fields
    kind = "web" if name == "web" else "health"
    port = str(defaults[f"{kind}_port"].default)
    assert service["expose"] == [port]
    assert service["environment"][f"SAMSPIL_{kind.upper()}_PORT"] == port
    assert service["environment"][f"SAMSPIL_{kind.upper()}_HOST"] == "0.0.0.0"  # noqa: S104 - a container is reached from outside
    assert f"127.0.0.1:{port}/health/ready" in service["healthcheck"]["test"][-1]
    assert all(published.split(":")[1:] == [port, port] for published in service.get("ports", []))


def test_the_image_exposes_the_ports_of_the_settings():
    exposed = re.search(r"^EXPOSE (.+)$", DOCKERFILE, re.MULTILINE)[1].split()
    assert exposed == [str(Settings.model_fields[name].default) for name in ("web_port", "health_port")]


@each_service
def test_everything_that_stays_up_is_restarted_and_watched(name):
    service = SERVICES[name]
    one_shot = name == "migrate"
    assert service["restart"] == ("no" if one_shot else "unless-stopped")
    assert service["healthcheck"].get("disable", False) == one_shot


@each_service
def test_a_container_waits_for_what_it_needs(name):
    for other, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if other == "migrate" else "service_healthy"
        assert how["condition"] == expected
    if name in SERVING:
        assert {"migrate", "kafka", "postgres"} <= set(SERVICES[name]["depends_on"])


@pytest.mark.parametrize("name", ["matching", "web"])
def test_a_container_that_searches_waits_for_the_index(name):
    assert "qdrant" in SERVICES[name]["depends_on"]


# --- what must not be


@each_service
def test_an_image_is_pinned_to_a_release(name):
    service = SERVICES[name]
    if "build" in service:
        assert service["image"] == "samspil:local"
        assert (ROOT / service["build"]["dockerfile"]).exists()
    else:
        assert re.search(r":v?\d+\.\d+(\.\d+)?(-[a-z]+)?$", service["image"])


def test_the_images_that_ours_is_built_from_are_pinned():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(set(bases)) == 1
    assert all(re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", base) for base in bases)


def test_the_server_of_the_index_is_one_that_its_client_speaks_to():
    server = re.search(r":v(\d+)\.(\d+)\.", SERVICES["qdrant"]["image"])
    major, minor, *_ = (int(part) for part in version("qdrant-client").split("."))
    assert int(server[1]) == major
    assert abs(int(server[2]) - minor) <= 1


@each_service
def test_a_secret_has_no_default_and_is_asked_for(name):
    service = SERVICES[name]
    for variable, value in service.get("environment", {}).items():
        if re.search(r"PASSWORD|API_KEY|SECRET|TOKEN", variable):
            assert re.fullmatch(r"\$\{\w+:\?.+\}", value), f"{variable} of {name} is written down"
        if re.search(r"://[^/]*@", value):
            assert re.search(r"://\w+:\$\{\w+:\?[^}]+\}@", value), f"{variable} of {name} holds a password"


def test_the_example_of_the_environment_holds_no_secret():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assigned = dict(line.lstrip("#").split("=", 1) for line in lines if re.match(r"#?[A-Z_]+=", line))
    asked = {name for service in SERVICES.values() for name in re.findall(r"\$\{(\w+):\?", json.dumps(service))}
    assert asked == {"POSTGRES_PASSWORD", "SAMSPIL_INDEX_API_KEY"}
    assert asked <= set(assigned)
    for variable, value in assigned.items():
        if re.search(r"PASSWORD|API_KEY", variable):
            assert value == "", variable


@each_service
def test_a_container_has_no_right_that_it_does_not_need(name):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged", False)
    # The start script of Kafka writes the broker's configuration.
    assert service.get("read_only", False) or name == "kafka"


def test_our_image_does_not_run_as_root():
    last_stage = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER samspil$", last_stage, re.MULTILINE)
    assert last_stage.index("USER samspil") < last_stage.index("ENTRYPOINT")


def test_the_build_gets_every_file_that_it_copies_and_no_more():
    rules = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    allowed = {rule.removeprefix("!") for rule in rules if rule[0] == "!"}
    copied = [source for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE) for source in line.split()[:-1]]
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
    assert {source.split("/")[0] for source in copied} == allowed
    assert not fnmatch.filter(allowed, ".env*")
