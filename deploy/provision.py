"""Makes the secrets, the access list and the certificates of compose.yaml; keeps what exists.

Each service has a folder of its own, so that it sees its own secrets only. Run again after another
wearer was added; passwords and certificates stay as they are.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
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
CERTIFICATE_DAYS = 3650


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
    parser.add_argument("--host", default="localhost", help="name in the broker's certificate")
    parser.add_argument("root", type=Path, help="folder of all secrets")
    args = parser.parse_args(argv)
    provision(args.root, args.wearer, args.host)
    return 0


def provision(root: Path, wearers: list[str], host: str) -> None:
    """Make every secret of these wearers; the certificate is for `host` and localhost."""
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
    _broker(mosquitto, folders, wearers)
    _certificates(authority, mosquitto, host)
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


def _certificates(authority: Folder, mosquitto: Folder, host: str) -> None:
    """Make a certificate authority of our own and the broker's certificate, once."""
    if (mosquitto.path / "server.crt").exists():
        return
    ca_key, ca = authority.path / "ca.key", authority.path / "ca.crt"
    key, certificate = mosquitto.path / "server.key", mosquitto.path / "server.crt.part"
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")
    days = ("-days", str(CERTIFICATE_DAYS))
    _openssl(
        *("req", "-x509", *new_key, *days, "-subj", "/CN=Lumbar broker authority"),
        *("-addext", "basicConstraints=critical,CA:TRUE,pathlen:0"),
        *("-keyout", str(ca_key), "-out", str(ca)),
    )
    names = ",".join(dict.fromkeys((f"DNS:{host}", "DNS:localhost", "DNS:mosquitto")))
    _openssl(
        *("req", "-x509", *new_key, *days, "-subj", f"/CN={host}"),
        *("-addext", f"subjectAltName={names},IP:127.0.0.1"),
        *("-addext", "basicConstraints=critical,CA:FALSE"),
        *("-CA", str(ca), "-CAkey", str(ca_key)),
        *("-keyout", str(key), "-out", str(certificate)),
    )
    for file, folder in ((ca_key, authority), (ca, authority), (key, mosquitto)):
        folder.give(file)
    mosquitto.give(certificate)
    certificate.replace(mosquitto.path / "server.crt")


def _openssl(*arguments: str) -> None:
    command = ["openssl", *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - constants and paths


if __name__ == "__main__":
    raise SystemExit(main())
