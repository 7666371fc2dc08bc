"""Everything that a Bluetooth service does to its clients, on the fake BlueZ, again and again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from linktrial import Trial, open_files

Heal = Callable[[Trial], Awaitable[None]]


async def link_loss(trial: Trial) -> None:
    trial.fake.in_reach = False
    trial.fake.lose_link()
    await asyncio.sleep(random.uniform(0.1, 3.0))
    trial.fake.in_reach = True


async def adapter_off(trial: Trial) -> None:
    trial.fake.power(on=False)
    await asyncio.sleep(random.uniform(0.5, 6.0))
    trial.fake.power(on=True)


async def daemon_kill(trial: Trial) -> None:
    await trial.fake.kill()
    await trial.lost()
    await asyncio.sleep(random.uniform(0.1, 4.0))
    await trial.fake.start()


async def stall(trial: Trial) -> None:
    trial.fake.stalled = True
    await trial.lost()
    await asyncio.sleep(random.uniform(0.1, 4.0))
    trial.fake.stalled = False


async def busy(trial: Trial) -> None:
    trial.fake.fail("Connect", "org.bluez.Error.InProgress", 3)
    trial.fake.fail("StartDiscovery", "org.bluez.Error.InProgress", 2)
    trial.fake.lose_link()


async def kept_busy(trial: Trial) -> None:
    trial.fake.jam()  # ends when the link has the strap removed


async def doubled(trial: Trial) -> None:
    trial.fake.copies = 3
    await asyncio.sleep(2)
    trial.fake.copies = 1


FAULTS: dict[str, tuple[int, Heal]] = {
    "link loss": (20, link_loss),
    "adapter off": (5, adapter_off),
    "daemon killed": (5, daemon_kill),
    "stall": (5, stall),
    "InProgress": (5, busy),
    "kept for busy": (3, kept_busy),
    "notified thrice": (5, doubled),
}


async def faults(bus_address: str) -> dict[str, object]:
    trial = Trial(bus_address)
    slowest: dict[str, float] = {}
    async with trial.running():
        await trial.streaming_again(within_s=20)
        await asyncio.sleep(1)
        files, tasks = open_files(), len(asyncio.all_tasks())
        for name, (times, cause) in FAULTS.items():
            for _ in range(times):
                await cause(trial)
                healed_s = await trial.streaming_again(within_s=30)
                slowest[name] = max(slowest.get(name, 0.0), healed_s)
                await asyncio.sleep(1)
        left = {
            "tasks": len(asyncio.all_tasks()) - tasks,
            "files": open_files() - files,
        }
    ledger = trial.ledger
    counts = trial.link.decoding.clock.counts if trial.link.decoding else None
    return {
        "slowest_s": {name: round(value, 2) for name, value in slowest.items()},
        "causes": {name: times for name, (times, _) in FAULTS.items()},
        "repeated": ledger.repeated,
        "wrong_gaps": ledger.wrong_gaps,
        "gaps": len(ledger.gaps),
        "samples": ledger.samples,
        "lost": sum(ledger.gaps),
        "unaccounted": trial.numbered() - ledger.samples - sum(ledger.gaps),
        "duplicates_dropped": counts.duplicates if counts else None,
        "left_behind": left,
    }
