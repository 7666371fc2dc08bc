"""docs/mqtt.md, the schema files and Home Assistant's view agree with the code."""

import json
import re
from pathlib import Path

import jinja2
import msgspec
import pytest

from ingest import topics
from ingest.homeassistant import HomeAssistant, config_topic, discovery
from ingest.messages import (
    Command,
    LinkMessage,
    NudgeMessage,
    PostureMessage,
    StatusMessage,
    decode,
    encode,
)
from ingest.protocol import PROTOCOL, main, schema_text, table
from monitor.orders import VERBS

DOCS = Path(__file__).parents[2] / "docs"


def test_every_topic_is_in_the_protocol_once():
    assert tuple(row.topic for row in PROTOCOL) == topics.ALL


def test_the_table_of_the_documentation_is_the_code():
    assert table() in (DOCS / "mqtt.md").read_text(encoding="utf-8")


def test_the_documented_commands_are_those_somebody_answers():
    page = (DOCS / "mqtt.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(\w+)` \| (?:ingest|monitor) \|", page, re.MULTILINE))
    assert documented == {"calibrate", "correct", "vibrate", "mark", "try_sinks", *VERBS}


def test_what_is_promised_of_every_mishap_is_shown_by_a_test_that_exists():
    page = (DOCS / "mqtt.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)::(\w+)` \|$", page, re.MULTILINE)
    assert len(named) > 15
    for file, name in named:
        text = (DOCS.parent / "tests" / file).read_text(encoding="utf-8")
        assert re.search(rf"^(?:async )?def {name}\(", text, re.MULTILINE), name


@pytest.mark.parametrize("row", PROTOCOL, ids=lambda row: row.name)
def test_the_schema_file_of_a_message_is_current(row):
    assert (DOCS / "schemas" / row.schema_file).read_text(encoding="utf-8") == schema_text(
        row.message
    )


def test_the_schemas_are_written_into_the_folder_named_and_help_writes_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["--help"])
    assert list(tmp_path.iterdir()) == []
    main(["new/schemas"])
    assert {p.name for p in Path("new/schemas").iterdir()} == {row.schema_file for row in PROTOCOL}


def test_there_is_no_schema_file_of_a_message_that_is_gone():
    files = {path.name for path in (DOCS / "schemas").iterdir()}
    assert files == {row.schema_file for row in PROTOCOL}


def components():
    return json.loads(discovery("w1"))["cmps"]


def rendered(component, message, value=None):
    environment = jinja2.Environment(autoescape=False)
    environment.filters["tojson"] = json.dumps
    text = encode(message).decode()
    template = environment.from_string(component["value_template"])
    return template.render(value=text, value_json=json.loads(text))


def test_the_device_has_what_home_assistant_demands():
    description = json.loads(discovery("w1"))
    assert description["dev"]["ids"] == ["lumbar_w1"]
    assert description["o"]["name"] == "lumbar"
    parts = description["cmps"].values()
    assert all(part["p"] and part["unique_id"] for part in parts)
    assert len({part["unique_id"] for part in parts}) == len(parts)


def test_every_entity_reads_or_writes_a_topic_of_the_protocol():
    names = {topic.name for topic in topics.ALL}
    for part in components().values():
        for key in ("state_topic", "command_topic"):
            if key in part:
                name = topics.rest_of(part[key])
                assert name in names or re.sub(r"/.*", "/+", name) in names


def test_what_the_monitor_says_and_does_is_unavailable_without_it():
    parts = components()
    theirs = {name for name, part in parts.items() if "availability" in part}
    assert theirs == {"sitting", "breaks", "nudge", "snooze", "skip", "done", "resume", "pause"}
    (monitor,) = parts["sitting"]["availability"]
    assert monitor["topic"] == "lumbar/w1/availability/monitor"


def test_the_entities_show_the_messages():
    parts = components()
    posture = PostureMessage(
        t_ms=1, session=1, state="sitting", confidence=1.0, sagittal_deg=12.6, frontal_deg=None
    )
    assert rendered(parts["state"], posture) == "sitting"
    assert rendered(parts["sagittal"], posture) == "13"
    assert rendered(parts["frontal"], posture) == "None"
    assert rendered(parts["worn"], posture) == "ON"
    assert [rendered(parts[name], posture) for name in ("range", "slumped")] == ["None", "None"]
    for share, shown in ((45.4, ["45", "OFF"]), (72.4, ["72", "ON"])):
        bent = msgspec.structs.replace(posture, range_percent=share)
        assert [rendered(parts[name], bent) for name in ("range", "slumped")] == shown
    status = StatusMessage(now_ms=1, sitting_s=1810.0, full_s=3000.0, breaks_today=4)
    assert rendered(parts["sitting"], status) == "30"
    assert rendered(parts["breaks"], status) == "4"
    link = LinkMessage(t_ms=1, state="connected", battery_percent=81)
    assert rendered(parts["connection"], link) == "ON"
    assert rendered(parts["battery"], link) == "81"
    nudge = NudgeMessage(id="n1", t_ms=1, expires_ms=2, rung="firm", reason='"50" minutes')
    assert json.loads(rendered(parts["nudge"], nudge)) == {
        "event_type": "firm",
        "reason": '"50" minutes',
        "topic": "sitting",
    }


@pytest.mark.parametrize("name", ["snooze", "skip", "done", "resume", "pause"])
def test_buttons_and_select_send_commands_that_are_accepted_as_such(name):
    class Now:
        def timestamp(self):
            return 1_700_000_000.1234

    template = jinja2.Environment(autoescape=False).from_string(
        components()[name]["command_template"]
    )
    text = template.render(value="30", now=Now)
    command = decode(Command, text.encode(), topic="t")
    assert command.issued_ms == 1_700_000_000_123
    assert command.expires_ms == command.issued_ms + 30_000
    assert command.args == ({"minutes": 30} if name == "pause" else {})
    assert components()[name]["command_topic"] == f"lumbar/w1/cmd/{name}"


def test_it_is_announced_again_when_home_assistant_was_restarted_and_can_be_removed(sender):
    announced = HomeAssistant(sender, wearer="w1")
    sender.published.clear()
    sender.deliver("homeassistant/status", b"offline")
    assert sender.published == []
    sender.deliver("homeassistant/status", b"online")
    assert sender.published == [(config_topic("w1"), discovery("w1"), 1, True)]
    announced.remove()
    assert sender.published[-1] == (config_topic("w1"), b"", 1, True)


def test_a_name_ends_where_it_seems_to_end():
    for wrong in ("a\n", "a b", "", "x" * 65, "ä"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"id": wrong, "issued_ms": 1, "expires_ms": 1}, Command)
