"""What to do about a failing radio: the decisions of the link, without the radio."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum

from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
)

from sensor.errors import SetupRefusedError

FIRST_BACKOFF_S = 0.25
MAX_BACKOFF_S = 4.0  # searching is passive, so a strap that is back is found within this
JITTER = 0.25
BLUETOOTH_POLL_S = 2.0
REFUSED_BACKOFF_S = 10.0  # a strap that refuses needs a person, not a hammer
SUSPEND_JUMP_S = 10.0
RADIO_ERRORS = (BleakError, OSError, TimeoutError, EOFError, SetupRefusedError)


@dataclass(frozen=True, slots=True)
class LinkParams:
    """Tunables of the link, in wall seconds.

    Attributes:
        stall_s: connected but without data for so long means lost, whatever bleak says.
        silent_scan_s: a scan that heard nobody for so long is started afresh; an adapter that was
            switched off and on hears nothing in an old scan.
        longest_scan_s: a scan that heard others but no strap is started afresh after this.
        connect_s: bound of one connection with its retries.
        close_s: bound of a disconnect, which hangs when the Bluetooth service died.
        battery_s: how often the charge is read.
        queue: batches and statuses that may wait for the reader.
    """

    stall_s: float = 3.0
    silent_scan_s: float = 4.0
    longest_scan_s: float = 90.0
    connect_s: float = 20.0
    close_s: float = 2.0
    battery_s: float = 300.0
    queue: int = 256


class Fault(StrEnum):
    """Why a connection could not be made or kept."""

    BLUETOOTH_OFF = "bluetooth_off"
    IN_PROGRESS = "in_progress"
    GONE = "gone"
    TIMED_OUT = "timed_out"
    REFUSED = "refused"
    DENIED = "denied"
    RADIO = "radio"


# No D-Bus system bus to ask shows as a missing or refused socket.
_BY_TYPE: tuple[tuple[type[BaseException], Fault], ...] = (
    (SetupRefusedError, Fault.REFUSED),
    (BleakDeviceNotFoundError, Fault.GONE),
    (TimeoutError, Fault.TIMED_OUT),
    (FileNotFoundError, Fault.BLUETOOTH_OFF),
    (ConnectionRefusedError, Fault.BLUETOOTH_OFF),
    (PermissionError, Fault.DENIED),
)
_OFF_DBUS = frozenset(
    {
        "org.bluez.Error.NotReady",
        "org.bluez.Error.NotAvailable",
        "org.freedesktop.DBus.Error.ServiceUnknown",
        "org.freedesktop.DBus.Error.NameHasNoOwner",
    }
)
_DENIED_DBUS = frozenset(
    {"org.bluez.Error.NotAuthorized", "org.freedesktop.DBus.Error.AccessDenied"}
)
_DENIED_REASONS = frozenset(
    {
        BleakBluetoothNotAvailableReason.DENIED_BY_USER,
        BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM,
    }
)
_GONE_DBUS = frozenset(
    {
        "org.freedesktop.DBus.Error.UnknownObject",
        "org.freedesktop.DBus.Error.UnknownMethod",
        "org.bluez.Error.DoesNotExist",
    }
)
# BlueZ has no typed error for these; they arrive as org.bluez.Error.Failed with a text, or bleak
# raises a bare BleakError. The texts are bleak's and BlueZ's own constants.
_OFF_TEXTS = ("adapter not found", "no bluetooth adapters", "no powered bluetooth", "not ready")
_GONE_TEXTS = ("not found",)


def fault_of(error: BaseException) -> Fault:
    """Return what an error of the radio means for the link."""
    if isinstance(error, BleakDBusError):
        return _dbus_fault(error)
    if isinstance(error, BleakBluetoothNotAvailableError):
        return Fault.DENIED if error.reason in _DENIED_REASONS else Fault.BLUETOOTH_OFF
    for kind, fault in _BY_TYPE:
        if isinstance(error, kind):
            return fault
    # bleak-retry-connector wraps what happened; the cause says more than the wrapping.
    cause = error.__cause__
    if isinstance(cause, BleakError | OSError | TimeoutError):
        return fault_of(cause)
    return _text_fault(str(error)) if isinstance(error, BleakError) else Fault.RADIO


def _dbus_fault(error: BleakDBusError) -> Fault:
    if error.dbus_error in _OFF_DBUS:
        return Fault.BLUETOOTH_OFF
    if error.dbus_error == "org.bluez.Error.InProgress":
        return Fault.IN_PROGRESS
    if error.dbus_error in _DENIED_DBUS:
        return Fault.DENIED
    if error.dbus_error in _GONE_DBUS:
        return Fault.GONE
    return _text_fault(str(error))


def _text_fault(text: str) -> Fault:
    text = text.lower()
    if any(part in text for part in _OFF_TEXTS):
        return Fault.BLUETOOTH_OFF
    if "inprogress" in text:
        return Fault.IN_PROGRESS
    return Fault.GONE if any(part in text for part in _GONE_TEXTS) else Fault.RADIO


def backoff_s(attempt: int, fault: Fault, *, chance: float) -> float:
    """Return how long to wait before attempt number `attempt` + 1.

    Args:
        attempt: failures in a row so far, at least 1.
        fault: why the last attempt failed.
        chance: a random number in 0..1 that spreads several straps apart.
    """
    if fault in (Fault.BLUETOOTH_OFF, Fault.DENIED):
        return BLUETOOTH_POLL_S
    if fault is Fault.REFUSED:
        return REFUSED_BACKOFF_S
    base = min(MAX_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** min(attempt - 1, 10))
    return base * (1 - JITTER * chance)


_REASONS = {
    Fault.BLUETOOTH_OFF: "Bluetooth is off or missing",
    Fault.DENIED: "Bluetooth may not be used by this program",
    Fault.TIMED_OUT: "the strap does not answer: is it switched on and within 2 m?",
    Fault.GONE: "the strap is out of reach: is it switched on and within 2 m?",
    Fault.IN_PROGRESS: "Bluetooth is busy with another program; trying again",
    Fault.RADIO: "the connection failed; trying again",
}


def reason(fault: Fault) -> str:
    """Return in one line why a fault keeps the strap from streaming."""
    return _REASONS.get(fault, "the strap refused")


def explain(fault: Fault, error: BaseException, *, platform: str = sys.platform) -> str:
    """Return the reason of a fault and what to do, in one line for the wearer."""
    if fault is Fault.REFUSED:
        return str(error)
    if fault in (Fault.BLUETOOTH_OFF, Fault.DENIED):
        return f"{_REASONS[fault]}: {advice(fault, platform)}"
    return _REASONS[fault]


def advice(fault: Fault, platform: str = sys.platform) -> str:
    """Return what a person can do about a fault on a platform (`sys.platform`)."""
    if fault is Fault.DENIED and platform == "linux":
        return "add yourself to the group 'bluetooth' and log in again"
    if fault in (Fault.BLUETOOTH_OFF, Fault.DENIED):
        return bluetooth_advice(platform)
    return "try again"


def bluetooth_advice(platform: str) -> str:
    """Return how Bluetooth is switched on and allowed on a platform (`sys.platform`)."""
    if platform == "linux":
        return "try 'bluetoothctl power on' and 'systemctl status bluetooth'"
    if platform == "darwin":
        return "switch it on and allow your terminal under Privacy & Security, Bluetooth"
    if platform == "win32":
        return "switch it on under Settings, Bluetooth & devices"
    return "switch it on in the system's settings"


@dataclass(slots=True)
class SuspendWatch:
    """Notices that the machine slept: the wall clock went on while the monotonic one stood."""

    _ahead_s: float | None = None

    def slept_s(self, wall_s: float, monotonic_s: float) -> float:
        """Return by how much the wall clock jumped ahead since the last call; 0 when it did not."""
        ahead_s = wall_s - monotonic_s
        jump_s = 0.0 if self._ahead_s is None else ahead_s - self._ahead_s
        self._ahead_s = ahead_s
        return jump_s if jump_s > SUSPEND_JUMP_S else 0.0
