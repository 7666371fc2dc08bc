"""One line about now: what `lumbar status` and the bars of a desktop show; pure.

A number that is not fresh is never shown: `state` and the angles are None then, and `freshness`
says why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from tui import phrases
from tui.live import Freshness, Live, fresh_limit_s

WORDS: Final[dict[Freshness, str]] = {
    Freshness.CONNECTING: "connecting",
    Freshness.NO_BROKER: "the broker cannot be reached",
    Freshness.NO_SERVICE: "nothing is measuring",
    Freshness.BLUETOOTH_OFF: "Bluetooth is off",
    Freshness.SEARCHING: "searching for the strap",
    Freshness.LATE: "no data from the strap",
    Freshness.OFF_BODY: "the strap is not worn",
    Freshness.UNCALIBRATED: "live, not calibrated",
    Freshness.LIVE: "live",
}
ABSENT: Final = (Freshness.CONNECTING, Freshness.NO_BROKER, Freshness.NO_SERVICE)
STATUS_LIFE_S: Final = 30.0  # the monitor speaks every second; an older status is a dead monitor's
OFF: Final = "off"
NOT_RUNNING: Final = "nothing is running: lumbar up"


class Brief(Struct, frozen=True, kw_only=True):
    """What is known of the wearer now, as `lumbar status --json` prints it.

    Attributes:
        running: whether a service was found.
        wearer: whose status it is.
        freshness: how much may be believed, as in `tui.live`.
        age_s: age of the newest posture, or None without any.
        state, confidence, sagittal_deg, frontal_deg, range_percent: only while believable.
        bout_state, bout_s: the bout under way, only while believable.
        sitting_s, full_s: sitting credit used up, and where the next rung is.
        next_rung, next_in_s: what comes next if the wearer keeps sitting.
        held: why a due nudge waits, or "".
        paused_s: seconds that a pause still lasts, or 0.
        nudge: the prompt in force, or None.
        breaks_today, nudges_today: counts of the local day.
        device, battery_percent, battery_s, link: the strap; battery_s is for how long it lasts.
        calibrated: whether angles mean anything.
        backlog: records that wait for the recorder, or None if not known.
        troubles: what keeps the services from their work, one sentence each.
        synchronised: whether the system's clock is kept right, or None if not known.
    """

    running: bool
    wearer: str
    freshness: str
    age_s: float | None = None
    state: str | None = None
    confidence: float | None = None
    sagittal_deg: float | None = None
    frontal_deg: float | None = None
    range_percent: float | None = None
    bout_state: str | None = None
    bout_s: float | None = None
    sitting_s: float | None = None
    full_s: float | None = None
    next_rung: str | None = None
    next_in_s: float | None = None
    held: str = ""
    paused_s: float = 0.0
    nudge: str | None = None
    breaks_today: int | None = None
    nudges_today: int | None = None
    device: str | None = None
    battery_percent: int | None = None
    battery_s: float | None = None
    link: str | None = None
    calibrated: bool = False
    backlog: int | None = None
    troubles: tuple[str, ...] = ()
    synchronised: bool | None = None


def nothing_runs(wearer: str) -> Brief:
    """Return the brief of a wearer whose services do not run."""
    return Brief(running=False, wearer=wearer, freshness=Freshness.NO_SERVICE.value)


def brief_of(live: Live, now_s: float, *, wearer: str) -> Brief:
    """Return what may be said at posture time `now_s`."""
    freshness = live.freshness(now_s)
    return Brief(
        running=freshness not in ABSENT,
        wearer=wearer,
        freshness=freshness.value,
        age_s=live.age_s(now_s),
        calibrated=live.calibration is not None and live.calibration.id is not None,
        synchronised=None if live.mark is None else live.mark.synchronised,
        troubles=tuple(_troubles(live)),
        **_posture(live, now_s, freshness),
        **_monitor(live, now_s),
        **_link(live, now_s),
    )


def _posture(live: Live, now_s: float, freshness: Freshness) -> dict[str, Any]:
    posture = live.posture
    if posture is None or not freshness.believable:
        return {}
    started = posture.bout_start_ms
    return {
        "state": posture.state.value,
        "confidence": posture.confidence,
        "sagittal_deg": posture.sagittal_deg,
        "frontal_deg": posture.frontal_deg,
        "range_percent": posture.range_percent,
        "bout_state": None if posture.bout_state is None else posture.bout_state.value,
        "bout_s": None if started is None else max(0.0, now_s - started / 1000),
    }


def _monitor(live: Live, now_s: float) -> dict[str, Any]:
    status = live.status
    life_s = STATUS_LIFE_S if live.mark is None else max(STATUS_LIFE_S, fresh_limit_s(live.mark))
    if status is None or now_s - status.now_ms / 1000 > life_s:
        return {}
    nudge = live.nudge
    in_force = nudge is not None and now_s * 1000 < nudge.expires_ms
    return {
        "sitting_s": status.sitting_s,
        "full_s": status.full_s,
        "next_rung": status.next_rung,
        "next_in_s": _until(status.next_ms, now_s),
        "held": status.held,
        "paused_s": _until(status.paused_until_ms, now_s) or 0.0,
        "nudge": nudge.reason if nudge is not None and in_force else None,
        "breaks_today": status.breaks_today,
        "nudges_today": status.nudges_today,
    }


def _until(then_ms: int | None, now_s: float) -> float | None:
    return None if then_ms is None else max(0.0, then_ms / 1000 - now_s)


def _link(live: Live, now_s: float) -> dict[str, Any]:
    link = live.link
    if link is None:
        return {}
    return {
        "link": link.state,
        "backlog": link.backlog,
        "device": link.device,
        "battery_percent": link.battery_percent,
        "battery_s": _until(link.battery_until_ms, now_s),
    }


def _troubles(live: Live) -> Iterator[str]:
    for service in ("recorder", "monitor"):
        if live.online(service) is False:
            yield f"the {service} is away"
        elif why := live.trouble(service):
            yield f"the {service} cannot work: {why}"
    if live.link is not None and live.link.reason:
        yield live.link.reason


def lines(brief: Brief) -> list[str]:
    """Return the brief for a person, most important first."""
    found = [_headline(brief)]
    if brief.nudge is not None:
        found.append(f"now: {brief.nudge}")
    if brief.sitting_s is not None and brief.full_s is not None:
        found.append(_credit(brief))
    if brief.breaks_today is not None:
        found.append(f"today: {brief.breaks_today} breaks, {brief.nudges_today} nudges")
    if brief.device is not None:
        battery = "" if brief.battery_percent is None else f", battery {brief.battery_percent} %"
        if brief.battery_s is not None:
            battery += f" (lasts about {phrases.duration(brief.battery_s // 600 * 600)})"
        found.append(f"strap: {brief.device}, {brief.link}{battery}")
    found += [f"trouble: {trouble}" for trouble in brief.troubles]
    if brief.backlog and brief.troubles:
        found.append(f"{brief.backlog} records wait to be stored")
    if brief.synchronised is False:
        found.append("clock: the system's clock is not synchronised (lumbar doctor)")
    return found


def _headline(brief: Brief) -> str:
    why = WORDS[Freshness(brief.freshness)]
    if brief.state is None:
        age = "" if brief.age_s is None else f" (newest data {phrases.duration(brief.age_s)} old)"
        return f"{why}{age}"
    parts = [f"{brief.state.replace('_', ' ')} {phrases.percent(brief.confidence)}"]
    if brief.bout_s is not None and brief.bout_state is not None:
        parts.append(f"{brief.bout_state.replace('_', ' ')} for {phrases.duration(brief.bout_s)}")
    if brief.sagittal_deg is not None:
        parts.append(phrases.sagittal(brief.sagittal_deg))
    return ", ".join(parts) + f" ({why})"


def _credit(brief: Brief) -> str:
    used = phrases.duration(brief.sitting_s or 0.0)
    text = f"sitting credit: {used} of {phrases.duration(brief.full_s or 0.0)}"
    if brief.paused_s:
        return f"{text}, paused for {phrases.duration(brief.paused_s)}"
    if brief.held:
        return f"{text}, held back: {brief.held}"
    if brief.next_rung is not None and brief.next_in_s is not None:
        return f"{text}, {brief.next_rung} in {phrases.duration(brief.next_in_s)}"
    return text


def short(brief: Brief) -> str:
    """Return a few letters for a bar: never a number that is not fresh."""
    if not brief.running:
        return OFF
    if brief.state is None:
        return "?"
    if brief.nudge is not None:
        return "break"
    state = brief.state.replace("_", " ")
    if brief.bout_s is None or brief.bout_state != brief.state:
        return state
    return f"{state} {phrases.duration(brief.bout_s)}"


def mood(brief: Brief) -> str:
    """Return the class by which a bar's style sheet chooses a colour."""
    if not brief.running:
        return OFF
    if brief.state is None:
        return "stale"
    return "nudge" if brief.nudge is not None else brief.state


def full_percent(brief: Brief) -> int:
    """Return how full the sitting credit is, 0 to 100."""
    if not brief.sitting_s or not brief.full_s:
        return 0
    return min(100, round(100 * brief.sitting_s / brief.full_s))


def waybar(brief: Brief) -> str:
    """Return a line for a waybar custom module with "return-type": "json"."""
    return json.dumps(
        {
            "text": short(brief),
            "tooltip": "\n".join(lines(brief)) if brief.running else NOT_RUNNING,
            "class": mood(brief),
            "percentage": full_percent(brief),
        }
    )


def i3(brief: Brief) -> str:
    """Return a line for i3blocks or i3status-rust with format json."""
    colours = {"nudge": "#e0af68", "stale": "#808080", OFF: "#808080"}
    text = short(brief)
    block = {"full_text": f"lumbar {text}", "short_text": text}
    colour = colours.get(mood(brief))
    return json.dumps(block if colour is None else block | {"color": colour})


def tmux(brief: Brief) -> str:
    """Return text for tmux's status line; `#` would start a format there."""
    return f"lumbar {short(brief)}".replace("#", "##")
