"""The decisions of the link: what an error means, how long to wait, which step may follow."""

from __future__ import annotations

import pytest
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
)
from bleak_retry_connector import BleakNotFoundError
from hypothesis import given
from hypothesis import strategies as st

from sensor.errors import ForbiddenWriteError, SetupRefusedError
from sensor.linkpolicy import (
    MAX_BACKOFF_S,
    Fault,
    SuspendWatch,
    advice,
    backoff_s,
    explain,
    fault_of,
)
from sensor.linkstate import TRANSITIONS, LinkMachine, Phase, StrapFacts
from sensor.source import LinkState

POWERED_OFF = BleakBluetoothNotAvailableError("off", BleakBluetoothNotAvailableReason.POWERED_OFF)
DENIED = BleakBluetoothNotAvailableError("no", BleakBluetoothNotAvailableReason.DENIED_BY_USER)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (POWERED_OFF, Fault.BLUETOOTH_OFF),
        (DENIED, Fault.DENIED),
        (BleakDBusError("org.bluez.Error.NotReady", ["Resource Not Ready"]), Fault.BLUETOOTH_OFF),
        (BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", [""]), Fault.BLUETOOTH_OFF),
        (BleakDBusError("org.freedesktop.DBus.Error.AccessDenied", [""]), Fault.DENIED),
        (BleakDBusError("org.bluez.Error.InProgress", ["busy"]), Fault.IN_PROGRESS),
        (BleakDBusError("org.freedesktop.DBus.Error.UnknownObject", [""]), Fault.GONE),
        (BleakDBusError("org.bluez.Error.Failed", ["Software caused connection"]), Fault.RADIO),
        (BleakError("adapter not found"), Fault.BLUETOOTH_OFF),
        (BleakError("device 'dev_AA' not found"), Fault.GONE),
        (BleakDeviceNotFoundError("AA:BB"), Fault.GONE),
        (TimeoutError(), Fault.TIMED_OUT),
        (FileNotFoundError(2, "no bus"), Fault.BLUETOOTH_OFF),
        (SetupRefusedError("start", 3, "close the other program"), Fault.REFUSED),
        (EOFError(), Fault.RADIO),
        (PermissionError(13, "no"), Fault.DENIED),
        (ForbiddenWriteError("a defect of a profile"), Fault.RADIO),
    ],
)
def test_each_error_of_the_radio_is_told_apart(error: BaseException, fault: Fault) -> None:
    assert fault_of(error) is fault


def test_the_cause_behind_a_wrapped_error_decides() -> None:
    wrapped = BleakNotFoundError("gave up")
    wrapped.__cause__ = BleakDBusError("org.bluez.Error.InProgress", ["busy"])

    assert fault_of(wrapped) is Fault.IN_PROGRESS


@given(st.integers(1, 10_000), st.sampled_from(Fault), st.floats(0, 1))
def test_backoff_is_positive_and_never_longer_than_its_cap(
    attempt: int, fault: Fault, chance: float
) -> None:
    wait_s = backoff_s(attempt, fault, chance=chance)

    assert wait_s > 0
    assert wait_s <= (10.0 if fault is Fault.REFUSED else MAX_BACKOFF_S)


def test_backoff_grows_until_its_cap() -> None:
    waits = [backoff_s(n, Fault.RADIO, chance=0.0) for n in range(1, 7)]

    assert waits == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0]


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd13"])
@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_is_explained_in_one_line(fault: Fault, platform: str) -> None:
    line = explain(fault, SetupRefusedError("start", 3, "close it"), platform=platform)

    assert line
    assert "\n" not in line
    assert advice(fault, platform)


def test_only_a_jump_of_the_wall_clock_ahead_counts_as_sleep() -> None:
    watch = SuspendWatch()

    assert watch.slept_s(1000.0, 10.0) == 0
    assert watch.slept_s(1001.0, 11.0) == 0
    assert watch.slept_s(4601.0, 12.0) == pytest.approx(3599.0)
    assert watch.slept_s(4602.0, 13.0) == 0
    assert watch.slept_s(4000.0, 14.0) == 0  # set back by hand


def test_every_phase_leads_back_to_searching() -> None:
    reached = {Phase.SEARCHING}
    while True:
        more = {p for p, after in TRANSITIONS.items() if after & reached} | reached
        if more == reached:
            break
        reached = more

    assert reached == set(Phase)
    assert set(TRANSITIONS) == set(Phase)


def test_a_step_that_the_table_does_not_have_is_refused() -> None:
    machine = LinkMachine()

    with pytest.raises(ValueError, match="SEARCHING to STREAMING"):
        machine.to(Phase.STREAMING, 1.0)


def test_the_wearer_is_told_of_visible_changes_only() -> None:
    machine = LinkMachine()
    told = [machine.begin(0.0)]
    for phase in (Phase.CONNECTING, Phase.PREPARING, Phase.STREAMING, Phase.STALE, Phase.SEARCHING):
        told.append(machine.to(phase, 1.0))

    assert [s.state for s in told if s] == [
        LinkState.SEARCHING,
        LinkState.CONNECTED,
        LinkState.STALE,
        LinkState.SEARCHING,
    ]


def test_news_of_the_battery_is_told_while_connected() -> None:
    machine = LinkMachine()
    facts = StrapFacts(device="Lumbar-V", serial="7")
    for phase in (Phase.CONNECTING, Phase.PREPARING, Phase.STREAMING):
        machine.to(phase, 1.0)

    first = machine.learn(2.0, facts)
    again = machine.learn(3.0, facts)

    assert first is not None
    assert first.serial == "7"
    assert again is None


@pytest.mark.parametrize("phase", list(Phase))
def test_a_failure_in_any_phase_can_be_waited_out(phase: Phase) -> None:
    after_failure = {Phase.WAITING, Phase.BLUETOOTH_OFF}

    assert phase in after_failure or after_failure <= TRANSITIONS[phase]
    assert Phase.WAITING in TRANSITIONS[Phase.BLUETOOTH_OFF]  # on again, but busy
