"""Settings of the sensor stage: the `[strap]` table of the configuration file."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from sensor.gatt import StreamWant


class StrapSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which strap, and what is asked of it."""

    profile: Annotated[
        str, Meta(description="Device profile to look for; 'auto' takes any known one.")
    ] = "auto"
    serial: Annotated[
        str, Meta(description="Serial of the strap to wear; empty takes the first one found.")
    ] = ""
    adapter: Annotated[
        str, Meta(description="Bluetooth adapter on Linux, such as hci0; empty takes the default.")
    ] = ""
    rate_hz: Annotated[
        float, Meta(ge=10, le=400, description="Sampling rate to ask for; 50 or more is advised.")
    ] = 50.0
    may_save: Annotated[
        bool,
        Meta(
            description="Whether to write settings that the strap keeps for good; a Thingy:52 "
            "needs it once for another rate than its own."
        ),
    ] = False

    @property
    def want(self) -> StreamWant:
        """What is asked of the strap at setup."""
        return StreamWant(rate_hz=self.rate_hz, may_save=self.may_save)
