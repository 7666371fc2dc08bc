"""Home Assistant finds the strap by itself: one retained description of a device.

Its entities read the ordinary topics; nothing is published twice. Buttons and the select send
ordinary commands, so the services treat them like any screen. Format: Home Assistant's MQTT device
discovery (`homeassistant/device/<id>/config`), in Home Assistant since late 2024.
"""

from __future__ import annotations

from importlib import metadata
from typing import Any, Final

import msgspec

from ingest import topics
from ingest.delivery.mqtt import Incoming
from ingest.delivery.publisher import Sender
from ingest.past.exposure import ExposureParams
from ingest.records import PostureState

STATUS_TOPIC: Final = "homeassistant/status"
STALE_S: Final = 60  # an entity is unavailable when the strap was silent for so long
COMMAND_LIFE_S: Final = 30
PAUSES_MIN: Final = ("15", "30", "60", "120")

Component = dict[str, Any]


def config_topic(wearer: str) -> str:
    """Return where the device is described; an empty retained payload there removes it."""
    return f"homeassistant/device/lumbar_{wearer}/config"


def discovery(wearer: str) -> bytes:
    """Return the description of one wearer's device."""
    components = {**_posture(wearer), **_status(wearer), **_link(wearer), **_controls(wearer)}
    for name, component in components.items():
        component["unique_id"] = f"lumbar_{wearer}_{name}"
    description = {
        "dev": {
            "ids": [f"lumbar_{wearer}"],
            "name": f"Lumbar {wearer}",
            "mf": "Lumbar",
            "mdl": "Posture strap",
        },
        "o": {"name": "lumbar", "sw": metadata.version("lumbar")},
        "availability": _available(wearer, "ingest"),
        "qos": 1,
        "cmps": components,
    }
    return msgspec.json.encode(description)


class HomeAssistant:
    """Announces a wearer to Home Assistant, and again whenever that was restarted."""

    def __init__(self, mqtt: Sender, *, wearer: str) -> None:
        self._mqtt = mqtt
        self._wearer = wearer
        mqtt.handle(STATUS_TOPIC, self._on_status)
        self.announce()

    def announce(self) -> None:
        """Publish the description."""
        payload = discovery(self._wearer)
        self._mqtt.publish(config_topic(self._wearer), payload, qos=1, retain=True)

    def remove(self) -> None:
        """Make Home Assistant forget the device."""
        self._mqtt.publish(config_topic(self._wearer), b"", qos=1, retain=True)

    def _on_status(self, incoming: Incoming) -> None:
        if incoming.payload == b"online":
            self.announce()


def _available(wearer: str, service: str) -> list[Component]:
    topic = topics.AVAILABILITY.of(wearer, service)
    return [{"topic": topic, "value_template": "{{ value_json.state }}"}]


def _posture(wearer: str) -> dict[str, Component]:
    topic = topics.POSTURE.of(wearer)
    shared = {"p": "sensor", "state_topic": topic, "qos": 0, "expire_after": STALE_S}
    return {
        **_angles({**shared, "state_class": "measurement"}),
        "state": {
            **shared,
            "name": "Posture",
            "icon": "mdi:seat",
            "device_class": "enum",
            "options": [state.value for state in PostureState],
            "value_template": "{{ value_json.state }}",
        },
        "slumped": {
            **shared,
            "p": "binary_sensor",
            "name": "Slumped",
            "icon": "mdi:arrow-down-bold",
            "value_template": _slumped(),
        },
        "worn": {
            **shared,
            "p": "binary_sensor",
            "name": "Worn",
            "value_template": "{{ 'OFF' if value_json.state == 'off_body' else 'ON' }}",
        },
    }


def _angles(number: Component) -> dict[str, Component]:
    degrees = {**number, "unit_of_measurement": "°"}
    return {
        "sagittal": {
            **degrees,
            "name": "Forward inclination",
            "icon": "mdi:angle-acute",
            "value_template": _rounded("sagittal_deg"),
        },
        "frontal": {
            **degrees,
            "name": "Sideways inclination",
            "icon": "mdi:angle-acute",
            "value_template": _rounded("frontal_deg"),
        },
        "range": {
            **number,
            "name": "Part of own range",
            "icon": "mdi:gauge",
            "unit_of_measurement": "%",
            "value_template": _rounded("range_percent"),
        },
    }


def _status(wearer: str) -> dict[str, Component]:
    topic = topics.STATUS.of(wearer)
    of_monitor = {"availability": _available(wearer, "monitor")}
    return {
        "sitting": {
            **of_monitor,
            "p": "sensor",
            "name": "Sitting since the last break",
            "state_topic": topic,
            "device_class": "duration",
            "unit_of_measurement": "min",
            "state_class": "measurement",
            "value_template": "{{ (value_json.sitting_s / 60) | round(0) | int }}",
        },
        "breaks": {
            **of_monitor,
            "p": "sensor",
            "name": "Breaks today",
            "icon": "mdi:walk",
            "state_topic": topic,
            "state_class": "measurement",
            "value_template": "{{ value_json.breaks_today }}",
        },
        "nudge": {
            **of_monitor,
            "p": "event",
            "name": "Nudge",
            "icon": "mdi:bell-outline",
            "state_topic": topics.NUDGE.of(wearer),
            "event_types": ["hint", "nudge", "firm"],
            "value_template": (
                "{{ {'event_type': value_json.rung, 'reason': value_json.reason,"
                " 'topic': value_json.topic} | tojson if value else '' }}"
            ),
        },
    }


def _link(wearer: str) -> dict[str, Component]:
    topic = topics.LINK.of(wearer)
    return {
        "connection": {
            "p": "binary_sensor",
            "name": "Strap connected",
            "state_topic": topic,
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "value_template": "{{ 'ON' if value_json.state == 'connected' else 'OFF' }}",
        },
        "battery": {
            "p": "sensor",
            "name": "Strap battery",
            "state_topic": topic,
            "device_class": "battery",
            "unit_of_measurement": "%",
            "state_class": "measurement",
            "entity_category": "diagnostic",
            "value_template": "{{ value_json.battery_percent }}",
        },
    }


def _controls(wearer: str) -> dict[str, Component]:
    of_monitor = {"availability": _available(wearer, "monitor")}

    def button(verb: str, name: str, icon: str) -> Component:
        return {
            **of_monitor,
            "p": "button",
            "name": name,
            "icon": icon,
            "command_topic": topics.COMMAND.of(wearer, verb),
            "command_template": _command("{}"),
        }

    return {
        "snooze": button("snooze", "Snooze", "mdi:alarm-snooze"),
        "skip": button("skip", "Skip", "mdi:skip-next"),
        "done": button("done", "Done", "mdi:check"),
        "resume": button("resume", "Resume", "mdi:play"),
        "pause": {
            **of_monitor,
            "p": "select",
            "name": "Pause for (minutes)",
            "icon": "mdi:pause",
            "options": list(PAUSES_MIN),
            "command_topic": topics.COMMAND.of(wearer, "pause"),
            "command_template": _command('{"minutes": {{ value }}}'),
        },
    }


def _rounded(field: str) -> str:
    # Whole degrees: one strap does not know more.
    return (
        f"{{{{ value_json.{field} | round(0) | int if value_json.{field} is not none else None }}}}"
    )


def _slumped() -> str:
    """Return a template: beyond this share of the own range now; unknown before it was measured."""
    share = "value_json.range_percent"
    beyond = f"{share} > {ExposureParams().slump_enter_percent:g}"
    return f"{{{{ None if {share} is none else 'ON' if {beyond} else 'OFF' }}}}"


def _command(args: str) -> str:
    """Return a template of Home Assistant that makes a Command; its clock gives the times."""
    now_ms = "(now().timestamp() * 1000) | int"
    return (
        '{"v": 1, "id": "ha-{{ ' + now_ms + ' }}", "issued_ms": {{ ' + now_ms + " }}, "
        '"expires_ms": {{ ' + now_ms + f" + {COMMAND_LIFE_S * 1000}" + " }}, "
        '"screen": "homeassistant", "args": ' + args + "}"
    )
