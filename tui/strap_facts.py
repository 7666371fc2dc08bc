"""Link and calibration as named figures."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from tui import phrases
from tui.live import Freshness, Live
from tui.readings import battery_s, link_state, local, signal_bars
from tui.signs import Signs
from tui.widgets.strip import LINK_WORDS

Figures = tuple[tuple[str, str], ...]

UNKNOWN = "—"


def link_figures(live: Live, now_s: float) -> Figures:
    """Return what is known of link and strap."""
    link = live.link
    if link is None:
        return (("link", LINK_WORDS["unknown"]),)
    freshness = live.freshness(now_s)
    if freshness in (Freshness.NO_BROKER, Freshness.NO_SERVICE):
        return (("link", LINK_WORDS["unknown"]), ("strap", link.device or UNKNOWN))
    bars = signal_bars(link)
    strength = UNKNOWN if link.rssi_dbm is None else f"{bars or 0} of 4 ({link.rssi_dbm} dBm)"
    battery = UNKNOWN if link.battery_percent is None else f"{link.battery_percent} %"
    if (left_s := battery_s(link, now_s)) is not None:
        battery += f", lasts about {phrases.duration(left_s)}"
    figures: Figures = (
        ("link", LINK_WORDS[link_state(link, freshness)]),
        ("strap", link.device or UNKNOWN),
        ("serial", link.serial or UNKNOWN),
        ("profile", link.profile or UNKNOWN),
        ("battery", battery),
        ("signal", strength),
        ("records waiting", str(link.backlog)),
    )
    return (*figures, ("why", link.reason)) if link.reason else figures


def calibration_figures(live: Live, now_s: float, zone: ZoneInfo, signs: Signs) -> Figures:
    """Return what is known of the calibration in force."""
    made = live.calibration
    if made is None or made.id is None:
        return (("calibration", "none yet: press n"),)
    own = made.flexion_range_deg
    low_high = tuple(phrases.signed_degrees(angle, signs) for angle in own or ())
    when = UNKNOWN
    if made.made_ms is not None:
        age = phrases.duration(max(0.0, now_s - made.made_ms / 1000) // 60 * 60)
        when = f"{local(made.made_ms / 1000, zone):%d %b %H:%M}, {age} ago"
    return (
        ("made", when),
        ("by", made.method.replace("+", ", ")),
        ("quality", phrases.percent(made.quality)),
        ("left and right", "known" if made.mediolateral_known else "not known yet: bend once"),
        ("own range", f"{low_high[0]} to {low_high[1]}" if own else "not measured yet"),
    )
