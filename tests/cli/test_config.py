"""The configuration: what wins, and how an error names the place."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tui import cli
from tui.config import DEFAULT, check_text, line_of, load, variable_of
from tui.exits import ConfigError, Exit
from tui.secret import mqtt_password, secret
from tui.tables import keys

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lumbar.toml"


def test_without_a_file_every_value_is_its_default(tmp_path: Path):
    loaded = load(environ={"LUMBAR_DATA_DIR": str(tmp_path), "HOME": str(tmp_path)})
    assert set(loaded.sources.values()) == {DEFAULT}
    assert set(loaded.sources) == {(key.table, key.name) for key in keys()}


def test_the_environment_beats_the_file_which_beats_the_default(file: Path):
    file.write_text('[mqtt]\nhost = "from-file"\nport = 2000\n')
    loaded = load(file, {"LUMBAR_MQTT_PORT": "3000"})
    mqtt = loaded.config.mqtt
    assert (mqtt.host, mqtt.port, mqtt.tls) == ("from-file", 3000, False)
    assert loaded.sources["mqtt", "host"] == f"{file}:2"
    assert loaded.sources["mqtt", "port"] == "LUMBAR_MQTT_PORT"
    assert loaded.sources["mqtt", "tls"] == DEFAULT


@pytest.mark.parametrize(
    ("raw", "value"), [("true", True), ("yes", True), ("1", True), ("off", False)]
)
def test_a_variable_understands_the_usual_words_for_yes_and_no(file: Path, raw: str, value: bool):
    file.touch()
    assert load(file, {"LUMBAR_MQTT_TLS": raw}).config.mqtt.tls is value


def test_a_list_in_a_variable_is_written_as_in_toml(file: Path):
    file.touch()
    loaded = load(file, {"LUMBAR_OUTBOX_REQUIRED": '["a", "b"]'})
    assert loaded.config.outbox.required == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[mqtt]\n\nhots = "x"\n', ":3: hots is not a key of [mqtt]; did you mean host?"),
        ("[mqt]\nport = 1\n", ":1: [mqt] is not a table; did you mean [mqtt]?"),
        ("mqtt.prot = 1\n", ":1: prot is not a key of [mqtt]; did you mean port?"),
        ("port = 1\n", ":1: [port] is not a table; "),
        ('[mqtt]\nport = "x"\n', ":2: mqtt.port: Expected `int`, got `str`"),
        ("[mqtt]\nport = 0\n", ":2: mqtt.port: Expected `int` >= 1"),
        ("[mqtt\n", "(at line 1, column 6)"),
        ('[wearer]\nid = "a b"\n', ":2: wearer.id:"),
        ('[wearer]\ntimezone = "Europe/Vienn"\n', ":2: wearer.timezone: no zone"),
        ('[schedule]\nmonday = ["8-12"]\n', ":2: schedule.monday: '8-12': write hours as"),
        ('[schedule]\ndays_off = ["24.12."]\n', ":2: schedule.days_off: Invalid isoformat"),
        ('[wearer]\ntimezone = "../../etc/passwd"\n', ":2: wearer.timezone: no zone"),
    ],
)
def test_a_mistake_in_the_file_names_its_place(file: Path, text: str, message: str):
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    assert str(caught.value).startswith(str(file))
    assert message in str(caught.value)
    with pytest.raises(ConfigError, match=r"lumbar\.toml"):
        check_text(text, file)


def test_a_misspelt_variable_names_the_nearest_one(file: Path):
    file.touch()
    with pytest.raises(ConfigError, match=r"LUMBAR_MQTT_HOTS.*did you mean LUMBAR_MQTT_HOST\?"):
        load(file, {"LUMBAR_MQTT_HOTS": "x"})


def test_variables_of_other_purposes_are_left_alone(file: Path):
    file.touch()
    others = {"LUMBAR_MQTT_PASSWORD": "x", "LUMBAR_INFLUX_TOKEN": "y", "LUMBAR_DEBUG": "1"}
    assert load(file, others) == load(file, {})


def test_a_wrong_value_in_a_variable_names_the_variable(file: Path):
    file.touch()
    with pytest.raises(ConfigError, match=r"^LUMBAR_MQTT_PORT: mqtt.port: Expected `int`"):
        load(file, {"LUMBAR_MQTT_PORT": "many"})


def test_a_file_named_on_purpose_must_exist(file: Path):
    with pytest.raises(ConfigError, match="there is no such file"):
        load(file, {})


def test_a_file_that_is_not_text_is_refused(file: Path):
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(file, {})


def test_lines_are_found_in_headers_dotted_keys_and_subtables():
    text = 'a.b = 1\n[c]\n# d = 0\n"d" = 1\n[c.e]\nf = 1\n'
    assert line_of(text, "a", "b") == 1
    assert line_of(text, "c", None) == 2
    assert line_of(text, "c", "d") == 4
    assert line_of(text, "c", "e") == 5
    assert line_of(text, "c", "g") is None


def test_every_key_has_a_description_and_a_variable_of_its_own():
    every = list(keys())
    assert all(key.description.endswith((".", ")")) for key in every)
    assert len({variable_of(key) for key in every}) == len(every)


def test_a_secret_file_that_others_can_read_is_refused(tmp_path: Path):
    held = tmp_path / "password"
    held.write_text("hush\n")
    held.chmod(0o640)
    with pytest.raises(ConfigError, match=f"chmod 600 {held}"):
        secret({}, "X", str(held))
    held.chmod(0o600)
    assert secret({}, "X", str(held)) == "hush"


def test_a_secret_in_the_environment_wins(file: Path):
    file.write_text('[mqtt]\npassword_file = "/nowhere"\n')
    config = load(file, {}).config
    assert mqtt_password(config, {"LUMBAR_MQTT_PASSWORD": "env"}) == "env"
    with pytest.raises(ConfigError, match="/nowhere: No such file"):
        mqtt_password(config, {})


def test_the_command_prints_values_sources_and_no_secret(lumbar: Run):
    env = {"LUMBAR_MQTT_PASSWORD": "hush", "LUMBAR_MQTT_HOST": "broker.lan"}
    done = lumbar("config", "--json", env=env)
    rows = {(row["table"], row["key"]): row for row in json.loads(done.stdout)["settings"]}
    assert rows["mqtt", "host"]["value"] == "broker.lan"
    assert rows["mqtt", "host"]["source"] == "LUMBAR_MQTT_HOST"
    assert rows["secrets", "LUMBAR_MQTT_PASSWORD"]["value"] == "****"
    assert "hush" not in done.stdout + lumbar("config", env=env).stdout


def test_a_wrong_configuration_ends_every_way_in_with_one_line(lumbar: Run, home: dict[str, str]):
    Path(home["LUMBAR_CONFIG"]).write_text("[mqtt]\nprot = 1\n")
    done = lumbar("config")
    assert done.returncode == Exit.USAGE
    assert done.stderr.count("\n") == 1
    assert "did you mean port?" in done.stderr


def test_a_check_looks_into_the_own_drill_packs_too(file: Path, capsys: pytest.CaptureFixture[str]):
    file.write_text('[drills]\npacks = ["/nowhere/mine.toml"]\n')
    assert cli.main(["--config", str(file), "config", "check"]) == Exit.USAGE
    assert capsys.readouterr().err == (
        "lumbar: drills.packs: /nowhere/mine.toml: cannot be read: No such file or directory\n"
    )
    file.write_text("[drills]\npacks = []\n")
    assert cli.main(["--config", str(file), "config", "check"]) == Exit.OK
