"""compose.yaml and what it mounts, as far as that can be shown without a container engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tui import cli

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "compose.yaml"


@pytest.fixture(scope="module")
def compose():
    return YAML(typ="safe").load(COMPOSE.read_text())


def validated(path):
    tool = Path(sys.executable).with_name("check-jsonschema")
    return subprocess.run(
        [tool, "--builtin-schema", "vendor.compose-spec", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_keeps_to_the_schema_of_the_compose_specification(tmp_path):
    done = validated(COMPOSE)
    assert done.returncode == 0, done.stdout
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COMPOSE.read_text().replace("healthcheck:", "healthchecks:"))
    assert validated(wrong).returncode == 1


def test_every_image_is_pinned(compose):
    images = {name: service["image"] for name, service in compose["services"].items()}
    assert images["influxdb"].startswith("influxdb:2.7")
    assert images["mosquitto"].startswith("eclipse-mosquitto:2.0.")
    for image in images.values():
        assert image == "lumbar:local" or re.search(r":\d+\.\d+", image), image


def test_every_port_is_bound_to_this_machine_unless_told(compose):
    ports = [p for service in compose["services"].values() for p in service.get("ports", [])]
    assert len(ports) == 4
    for port in ports:
        assert port.startswith(("127.0.0.1:", "${LUMBAR_TLS_ADDRESS:-127.0.0.1}:8883:")), port


def test_each_service_sees_its_own_secrets_only(compose):
    seen = {
        name: {
            volume.split(":")[0].removeprefix("secrets-")
            for volume in service.get("volumes", [])
            if volume.startswith("secrets-")
        }
        for name, service in compose["services"].items()
    }
    everything = seen.pop("secrets")
    assert seen == {
        "mosquitto": {"mosquitto"},
        "influxdb": {"influxdb", "recorder", "monitor", "screen", "grafana"},
        "recorder": {"recorder"},
        "monitor": {"monitor"},
        "replay": {"gateway"},
        "grafana": {"grafana"},
    }
    assert everything >= {"authority", *(name for names in seen.values() for name in names)}


def test_no_secret_stands_in_the_file(compose):
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN|SECRET", key):
                assert str(value).startswith("/secrets/"), f"{name}: {key}"


def test_every_volume_and_every_mounted_file_exists(compose):
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
            elif not source.startswith("$"):
                assert source in compose["volumes"], source


def test_everything_that_keeps_state_is_given_time_to_stop(compose):
    for name in ("mosquitto", "influxdb", "grafana", "recorder", "monitor"):
        assert compose["services"][name]["stop_grace_period"].endswith("s")


def test_our_services_run_without_root_and_without_rights(compose):
    for name in ("recorder", "monitor", "replay"):
        service = compose["services"][name]
        assert "user" not in service
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
    assert "USER 1000:1000" in (ROOT / "deploy/Dockerfile").read_text()


@pytest.mark.parametrize("name", ["recorder", "monitor", "replay"])
def test_every_command_is_one_that_lumbar_has(compose, name):
    words = [
        re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word) for word in compose["services"][name]["command"]
    ]
    parser = cli.parser_of(words[0], cli.load(words[0]))
    _, not_understood = parser.parse_known_args(words[1:])
    assert not_understood == []


@pytest.mark.parametrize("name", ["recorder", "monitor"])
def test_a_service_is_healthy_while_it_is_there_and_can_work(compose, name):
    words = compose["services"][name]["healthcheck"]["test"]
    assert words[:3] == ["CMD", "lumbar", "status"]
    asked = cli.parser_of("status", cli.load("status")).parse_args(words[3:])
    assert asked.service == name


def test_the_image_is_built_from_what_is_there():
    copied = re.findall(
        r"^COPY (?!--from)(.+) \S+$", (ROOT / "deploy/Dockerfile").read_text(), re.M
    )
    names = {name for line in copied for name in line.split()}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    assert names == allowed
    for name in names:
        assert (ROOT / name).exists(), name


def test_units_are_accepted_by_systemd(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    for unit in (ROOT / "deploy/systemd").iterdir():
        text = unit.read_text().replace("%h/.local/bin/lumbar", shutil.which("true"))
        (tmp_path / unit.name).write_text(text)
    units = [str(path) for path in tmp_path.iterdir()]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *units],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "lumbar" in line]
    assert complaints == []
