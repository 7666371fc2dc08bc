"""The errors of the sensor stage; each message tells the wearer what to do."""


class SensorError(Exception):
    """Root of every error that this stage raises on purpose."""


class DecodeError(SensorError):
    """A notification that cannot be this device's; decoders count it and go on."""


class SetupRefusedError(SensorError):
    """The strap answered a setup step with a refusal.

    Attributes:
        step: what was asked, in words ("start streaming at 52 Hz").
        code: the device's own status code, or None.
    """

    def __init__(self, step: str, code: int | None, advice: str) -> None:
        super().__init__(
            f"The strap refused to {step}"
            + ("" if code is None else f" (its code {code})")
            + f": {advice}"
        )
        self.step = step
        self.code = code


class ForbiddenWriteError(SensorError):
    """A profile wrote to a characteristic that it does not name in `writable`."""


class RecordingError(SensorError):
    """A recording that cannot be read; the message names the file and the place."""
