"""A virtual radio: straps and bleak clients in one process, without any Bluetooth."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from sensor.errors import SensorError
from sensor.radio import Radio

if TYPE_CHECKING:
    from sensor.virtual.air import Air


class VirtualRadioMissingError(SensorError):
    """The packages of the virtual radio are not installed."""

    def __init__(self) -> None:
        super().__init__(
            "The virtual radio needs the extra 'radio': pip install 'lumbar[radio]', "
            "or go without: --radio none"
        )


class VirtualRadio:
    """An asynchronous context manager around a Bluetooth air that exists only in this process.

    Straps advertise on it (`sensor.virtual.strap`), and its `radio` lets the real bleak client code
    find them. Entering raises VirtualRadioMissingError without the optional packages.
    """

    def __init__(self) -> None:
        self._air: Air | None = None
        self._backends: Radio | None = None

    async def __aenter__(self) -> Self:
        try:
            # They need the optional bumble.
            from sensor.virtual.air import Air  # noqa: PLC0415
            from sensor.virtual.backend import new_backends  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise VirtualRadioMissingError from error
        self._air = Air()
        self._backends = new_backends(self._air)
        await self._air.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._air is not None:
            await self._air.close()
            self._air = self._backends = None

    @property
    def air(self) -> Air:
        """The air, where straps advertise; only inside the context."""
        if self._air is None:
            raise RuntimeError("enter the virtual radio first")
        return self._air

    @property
    def radio(self) -> Radio:
        """The bleak backends that listen to this air."""
        if self._backends is None:
            raise RuntimeError("enter the virtual radio first")
        return self._backends
