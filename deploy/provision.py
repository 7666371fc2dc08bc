"""Makes the secrets, the access list and the certificates of compose.yaml; keeps what exists.

Each service has a folder of its own, so that it sees its own secrets only. It runs at every start:
passwords, the authority and the wearers of earlier runs stay; the broker's certificate is made anew
for another host.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import ipaddress
import os
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ingest.acl import ANY_WEARER, Account, Role, mosquitto_acl

LUMBAR = (1000, 1000)  # also influxd in its official image, which fills in the tokens
MOSQUITTO = (1883, 1883)
NOBODY_ELSE = (0, 0)
GRAFANA = (1000, 0)  # written by influxd, read by Grafana's group
OWN = 0o600
HEALTH_USER = "health"
HEALTH_RIGHTS = f"user {HEALTH_USER}\ntopic read $SYS/broker/uptime\n\n"
# Random passwords of 256 bits need no stretching; mosquitto's own tool uses the same number.
HASH_ITERATIONS = 101
DAYS = ("-days", "3650")
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")


@dataclass(frozen=True)
class Folder:
    """The secrets of one service.

    Attributes:
        path: where they are.
        owner: user and group that read them.
        mode: rights of each file.
    """

    path: Path
    owner: tuple[int, int]
    mode: int = OWN

    def write(self, name: str, text: str) -> None:
        """Replace a file; nobody else can read it at any moment."""
        partial = self.path / f".{name}.part"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWN)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        self.give(partial)
        partial.replace(self.path / name)

    def password(self, name: str) -> str:
        """Return a password, made at the first call."""
        file = self.path / name
        if not file.exists():
            self.write(name, secrets.token_urlsafe(32))
        return file.read_text(encoding="utf-8")

    def empty(self, name: str) -> None:
        """Prepare a file that another service fills in."""
        if not (self.path / name).exists():
            self.write(name, "")

    def prepare(self) -> None:
        """Make the folder and give it to its reader."""
        self.path.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(self.path, *self.owner)
        self.path.chmod(0o700 if self.mode == OWN else 0o750)

    def give(self, file: Path) -> None:
        """Give a file to the reader of this folder."""
        if os.geteuid() == 0:
            os.chown(file, *self.owner)
        file.chmod(self.mode)


def main(argv: list[str] | None = None) -> int:
    """Make what is missing below the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wearer", action="append", required=True, help="id of a wearer")
    parser.add_argument(
        "--host", help="name or address in the broker's certificate; as it was, or localhost"
    )
    parser.add_argument("root", type=Path, help="folder of all secrets")
    args = parser.parse_args(argv)
    provision(args.root, args.wearer, args.host)
    return 0


def provision(root: Path, wearers: list[str], host: str | None) -> None:
    """Make every secret of these wearers; the certificate is for `host` and localhost.

    Without a host an existing certificate stays.
    """
    folders = {
        name: Folder(root / name, LUMBAR)
        for name in ("influxdb", "recorder", "monitor", "gateway", "screen", "homeassistant")
    }
    mosquitto = folders["mosquitto"] = Folder(root / "mosquitto", MOSQUITTO)
    authority = folders["authority"] = Folder(root / "authority", NOBODY_ELSE)
    folders["grafana"] = Folder(root / "grafana", GRAFANA, 0o640)
    for folder in folders.values():
        folder.prepare()
    _databases(folders)
    _broker(mosquitto, folders, _with_earlier(wearers, folders["gateway"]))
    _authority(authority)
    _certificate(authority, mosquitto, host)
    certificate = (authority.path / "ca.crt").read_text(encoding="utf-8")
    for client in ("gateway", "screen", "homeassistant"):
        folders[client].write("ca.crt", certificate)


def password_hash(password: str, salt: bytes) -> str:
    """Return mosquitto's `$7$` form of a password: PBKDF2 with HMAC-SHA-512."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, HASH_ITERATIONS)
    parts = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"$7${HASH_ITERATIONS}${'$'.join(parts)}"


def _databases(folders: dict[str, Folder]) -> None:
    folders["influxdb"].password("password")
    folders["influxdb"].password("admin-token")
    folders["grafana"].password("admin-password")
    for reader in ("recorder", "monitor", "screen", "grafana"):
        folders[reader].empty("influx-token")


def _with_earlier(wearers: list[str], gateway: Folder) -> list[str]:
    """Return the wearers, and those added by earlier runs, who have passwords already."""
    own = "mqtt-password-"
    earlier = sorted(file.name.removeprefix(own) for file in gateway.path.glob(f"{own}*"))
    return list(dict.fromkeys([*wearers, *earlier]))


def _broker(mosquitto: Folder, folders: dict[str, Folder], wearers: list[str]) -> None:
    accounts = [Account("recorder", Role.RECORDER, ANY_WEARER)]
    files = {"recorder": folders["recorder"].password("mqtt-password")}
    for number, wearer in enumerate(wearers):
        # The first wearer is the one whose services compose.yaml runs.
        suffix = "" if number == 0 else f"-{wearer}"
        for role in (Role.GATEWAY, Role.MONITOR, Role.SCREEN, Role.HOME_ASSISTANT):
            user = f"{role.value}-{wearer}"
            accounts.append(Account(user, role, wearer))
            files[user] = folders[role.value].password(f"mqtt-password{suffix}")
    files[HEALTH_USER] = mosquitto.password("health-password")
    mosquitto.write("mosquitto_sub", f"-u {HEALTH_USER}\n-P {files[HEALTH_USER]}\n")
    hashed = (f"{user}:{password_hash(p, secrets.token_bytes(12))}\n" for user, p in files.items())
    mosquitto.write("passwords", "".join(hashed))
    mosquitto.write("acl", HEALTH_RIGHTS + mosquitto_acl(accounts))


def _authority(authority: Folder) -> None:
    """Make a certificate authority of our own, once: clients have its certificate."""
    key, certificate = authority.path / "ca.key", authority.path / "ca.crt"
    if certificate.exists():
        return
    partial = authority.path / ".ca.crt.part"
    _openssl(
        *("req", "-x509", *NEW_KEY, *DAYS, "-subj", "/CN=Lumbar broker authority"),
        *("-addext", "basicConstraints=critical,CA:TRUE,pathlen:0"),
        *("-keyout", str(key), "-out", str(partial)),
    )
    authority.give(key)
    authority.give(partial)
    partial.replace(certificate)


def _certificate(authority: Folder, mosquitto: Folder, host: str | None) -> None:
    """Make the broker's certificate, unless it has one with these names."""
    names = _alternative_names(host or "localhost")
    made_for = authority.path / "names"
    if made_for.exists() and (not host or made_for.read_text(encoding="utf-8") == names):
        return
    made = {name: mosquitto.path / f".{name}.part" for name in ("server.key", "server.crt")}
    _openssl(
        *("req", "-x509", *NEW_KEY, *DAYS, "-subj", "/CN=Lumbar broker"),
        *("-addext", f"subjectAltName={names}"),
        *("-addext", "basicConstraints=critical,CA:FALSE"),
        *("-CA", str(authority.path / "ca.crt"), "-CAkey", str(authority.path / "ca.key")),
        *("-keyout", str(made["server.key"]), "-out", str(made["server.crt"])),
    )
    for name, partial in made.items():
        mosquitto.give(partial)
        partial.replace(mosquitto.path / name)
    authority.write("names", names)


def _alternative_names(host: str) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        own = f"DNS:{host}"
    else:
        own = f"IP:{host}"
    return ",".join(dict.fromkeys((own, "DNS:localhost", "DNS:mosquitto", "IP:127.0.0.1")))


def _openssl(*arguments: str) -> None:
    command = ["openssl", *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - constants and paths


if __name__ == "__main__":
    raise SystemExit(main())
