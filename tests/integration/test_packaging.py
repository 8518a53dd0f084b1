"""What is shipped beside the code names only commands, variables and files that exist."""

import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import typer
import yaml

from tracking.cli import app
from tracking.role import Role
from tracking.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "tracking", "consumers", "notifier")
VARIABLES = {PREFIX + name.upper() for name in Settings.model_fields}
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
KLAT_SERVICES = {
    name: service
    for name, service in COMPOSE["services"].items()
    if service["image"].startswith("klat:")
}


def accept(words):
    """Parse a command line as `klat` would, without running it. Raises what is wrong with it."""
    klat = typer.main.get_command(app)
    name, command, rest = klat.resolve_command(klat.make_context("klat", list(words)), list(words))
    command.make_context(name, rest)


@pytest.mark.parametrize("name", KLAT_SERVICES)
def test_a_service_runs_a_command_that_exists(name):
    accept(KLAT_SERVICES[name]["command"])


def test_every_role_has_its_service():
    commands = [service["command"] for service in KLAT_SERVICES.values()]
    assert {words[1] for words in commands if words[0] == "serve"} == set(Role)


@pytest.mark.parametrize("name", KLAT_SERVICES)
def test_the_operators_port_is_open_to_the_network_and_to_nobody_outside(name):
    service = KLAT_SERVICES[name]
    if service["command"][0] == "serve":
        assert service["command"][-2:] == ["--ops-host", "0.0.0.0"]
    assert service.get("ports", []) == (["8080:8080"] if name == "web" else [])
    assert re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE) == ["8080"]


def test_the_image_runs_a_command_that_exists():
    (words,) = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    accept(yaml.safe_load(words))


@pytest.mark.parametrize("file", ["Dockerfile", "docker-compose.yml", "Makefile", ".ci/packages"])
def test_a_variable_that_is_named_exists(file):
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+", (ROOT / file).read_text()))
    assert named <= VARIABLES


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_no_secret_stands_in_the_compose_file(name):
    environment = COMPOSE["services"][name]["environment"]
    for variable, value in environment.items():
        if re.search("PASS|SECRET|URL", variable):
            assert re.search(r"\$\{[A-Z_]+:[?-]\}", value), variable


def test_compose_hands_on_every_variable_that_may_be_set():
    """But for those of one machine, and of the demo."""
    of_a_machine = {"DATA_DIR", "HTTP_PORT", "OPS_PORT", "LOG_FORMAT", "DEMO"}
    wanted = VARIABLES - {f"{PREFIX}{name}" for name in of_a_machine}
    for name, service in KLAT_SERVICES.items():
        assert set(service["environment"]) == wanted, name


def test_a_service_waits_for_what_it_needs_and_is_watched():
    for name, service in KLAT_SERVICES.items():
        for needed, how in service["depends_on"].items():
            watched = "healthcheck" in COMPOSE["services"][needed]
            assert watched or how["condition"] == "service_completed_successfully", name
    assert re.search(r"^HEALTHCHECK .*/healthz", DOCKERFILE, re.MULTILINE)


def test_the_image_is_built_from_files_that_exist_and_are_sent():
    sent = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE):
        *sources, _ = shlex.split(line)
        assert set(sources) <= sent
        assert all((ROOT / source).exists() for source in sources), sources


def test_the_image_does_not_run_as_root():
    users = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)
    assert users
    assert int(users[-1]) > 0


@pytest.mark.parametrize("file", sorted(path.name for path in ROOT.glob("requirements*.txt")))
def test_a_lock_file_holds_names_and_hashes_and_no_address(file):
    pins = (ROOT / file).read_text().replace("\\\n", " ").splitlines()
    for pin in pins:
        assert "://" not in pin
        assert re.match(r"[\w.-]+==\S+ .*--hash=sha256:", pin), pin


def test_the_wheel_holds_every_file_of_the_packages(tmp_path):
    for name in PACKAGES:
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "README.md").touch()
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", tmp_path / "out", tmp_path], check=True)
    (wheel,) = (tmp_path / "out").glob("klat-*.whl")
    shipped = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(path.relative_to(tmp_path))
        for name in PACKAGES
        for path in (tmp_path / name).rglob("*")
        if path.is_file() and path.suffix != ".cfg"  # they read our sources, not these them
    }
    assert wanted - shipped == set()
