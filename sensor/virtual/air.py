"""The air of a virtual radio: a link of bumble controllers and one central on it.

This module needs the optional package bumble.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from bumble import hci
from bumble.controller import Controller
from bumble.device import Device
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink

T = TypeVar("T")

CENTRAL_ADDRESS = "C0:FF:EE:00:00:01"
LONG_ACL_BYTES = 251  # the data length extension: a packet of ten samples in one piece
LINK_LOSS = 0x08  # HCI reason "connection timeout", as when the strap is carried away

# Bumble logs as warnings what is everyday life on a link that is meant to fail.
logging.getLogger("bumble").setLevel(logging.CRITICAL)


async def whole(command: Coroutine[Any, Any, T]) -> T:
    """Let a command or request finish even when its caller is cancelled.

    Bumble waits for ever for the end of one that was cut off.
    """
    task = asyncio.ensure_future(command)
    task.add_done_callback(seen)
    return await asyncio.shield(task)


def seen(task: asyncio.Future[Any]) -> None:
    """Take note of a task's error, so that asyncio does not report it as never retrieved."""
    if not task.cancelled():
        task.exception()  # whoever still waits gets it; nobody else needs to hear of it


class VirtualController(Controller):  # type: ignore[misc]  # bumble has no types
    """Bumble's controller, with long packets and a working LE Create Connection Cancel."""

    le_acl_data_packet_length = LONG_ACL_BYTES
    pending_le_connection: Any

    def on_hci_le_create_connection_cancel_command(
        self, command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Cancel the pending connection; bumble's own leaves it pending for ever."""
        pending = self.pending_le_connection
        self.pending_le_connection = None
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        asyncio.get_running_loop().call_soon(
            self.send_hci_packet,
            hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=pending.peer_address_type,
                peer_address=pending.peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            ),
        )
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)


class Air:
    """One link, one central that the bleak backends share, and any number of straps."""

    def __init__(self) -> None:
        self.link = LocalLink()
        self.connecting = asyncio.Lock()
        self._controllers: dict[Device, VirtualController] = {}
        self.central = self.device("Central", CENTRAL_ADDRESS)

    def device(self, name: str, address: str) -> Device:
        """Return a new Bluetooth device on this air, still switched off."""
        # The link finds its peers by their random address, so no device may have a public one.
        controller = VirtualController(name, link=self.link, public_address=None)
        host = Host(controller, AsyncPipeSink(controller))
        device = Device(name=name, address=hci.Address(address), host=host)
        self._controllers[device] = controller
        return device

    async def open(self) -> None:
        """Switch the central on."""
        await whole(self.central.power_on())

    async def close(self) -> None:
        """Drop every connection and switch the central off."""
        for device in list(self._controllers):
            self.drop(device)
        await whole(self.central.power_off())
        # The last events travel by call_soon; let them arrive before the loop may close.
        await asyncio.sleep(0)

    def remove(self, device: Device) -> None:
        """Take a device off the air."""
        self.drop(device)
        controller = self._controllers.pop(device, None)
        if controller is not None:
            self.link.remove_controller(controller)

    def drop(self, device: Device) -> None:
        """Lose the connections of one device, at both ends, without a goodbye."""
        controller = self._controllers.get(device)
        if controller is None:
            return
        for connection in list(controller.le_connections.values()):
            peer = self.link.find_le_controller(connection.peer_address)
            controller.on_le_disconnected(connection, LINK_LOSS)
            for other in [] if peer is None else list(peer.le_connections.values()):
                if other.peer_address == connection.self_address:
                    peer.on_le_disconnected(other, LINK_LOSS)
