"""The one-shot that makes secrets, and the script that makes tokens, against the real programs."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def program(name):
    found = shutil.which(name, path=PLACES)
    if found is None:
        if os.environ.get("LUMBAR_REQUIRE_SYSTEM") == "1":
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="module")
def provision():
    program("openssl")
    spec = importlib.util.spec_from_file_location("provision", ROOT / "deploy/provision.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["provision"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def secrets(provision, tmp_path):
    root = tmp_path / "secrets"
    provision.main(["--wearer", "me", "--wearer", "ben", "--host", "broker.lan", str(root)])
    return root


def contents(root):
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_only_the_owner_can_read_a_secret(secrets):
    for path in secrets.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.is_file():
            grafana = path.parent.name == "grafana"
            assert mode == (0o640 if grafana else 0o600), path
        else:
            assert mode & 0o007 == 0, path


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="giving files away needs root")
def test_each_file_belongs_to_the_user_that_reads_it(secrets):
    owners = {p.parent.name: (p.stat().st_uid, p.stat().st_gid) for p in secrets.glob("*/*")}
    assert owners["mosquitto"] == (1883, 1883)
    assert owners["grafana"] == (1000, 0)
    assert owners["recorder"] == owners["influxdb"] == (1000, 1000)
    assert owners["authority"] == (0, 0)


def test_running_it_again_keeps_passwords_and_certificates(provision, secrets):
    (secrets / "recorder/influx-token").write_text("made by influxdb")
    before = contents(secrets)
    provision.main(["--wearer", "me", "--wearer", "cara", str(secrets)])
    after = contents(secrets)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"mosquitto/passwords", "mosquitto/acl"}  # salts and rights
    assert after.keys() - before.keys() == {
        f"{role}/mqtt-password-cara" for role in ("gateway", "monitor", "screen", "homeassistant")
    }


def test_a_start_that_names_one_wearer_locks_nobody_else_out(provision, secrets):
    provision.main(["--wearer", "me", "--host", "broker.lan", str(secrets)])
    assert "\nuser gateway-ben\n" in (secrets / "mosquitto/acl").read_text()
    assert "\ngateway-ben:$7$" in (secrets / "mosquitto/passwords").read_text()


@pytest.mark.parametrize("host", ["other.lan", "192.0.2.7", "2001:db8::7"])
def test_another_name_or_address_is_in_a_new_certificate_of_the_same_authority(
    provision, secrets, host
):
    authority = (secrets / "gateway/ca.crt").read_bytes()
    provision.main(["--wearer", "me", "--host", host, str(secrets)])
    assert (secrets / "gateway/ca.crt").read_bytes() == authority
    kind = "-verify_ip" if host != "other.lan" else "-verify_hostname"
    certificate = str(secrets / "mosquitto/server.crt")
    trusted = ["-CAfile", str(secrets / "gateway/ca.crt"), kind, host, certificate]
    subprocess.run([program("openssl"), "verify", *trusted], check=True, capture_output=True)


def test_a_wearer_that_could_break_out_of_a_topic_is_refused(provision, tmp_path):
    with pytest.raises(ValueError, match="cannot be"):
        provision.main(["--wearer", "me/#", str(tmp_path / "s")])


@pytest.fixture
def broker(secrets, tmp_path):
    """A real mosquitto on deploy/mosquitto/mosquitto.conf; only paths and ports are replaced."""
    plain, encrypted = free_port(), free_port()
    (tmp_path / "data").mkdir()
    text = (ROOT / "deploy/mosquitto/mosquitto.conf").read_text()
    text = text.replace("listener 1883", f"listener {plain} 127.0.0.1")
    text = text.replace("listener 8883", f"listener {encrypted} 127.0.0.1")
    text = text.replace("/mosquitto/secrets", str(secrets / "mosquitto"))
    text = text.replace("/mosquitto/data/", f"{tmp_path / 'data'}/")
    configuration = tmp_path / "mosquitto.conf"
    configuration.write_text(text + ("user root\n" if os.geteuid() == 0 else ""))
    log = (tmp_path / "log").open("w")
    child = subprocess.Popen(
        [program("mosquitto"), "-c", str(configuration)], stdout=log, stderr=subprocess.STDOUT
    )
    deadline = time.monotonic() + 10
    while not listens(encrypted):
        assert child.poll() is None, (tmp_path / "log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield plain, encrypted
    child.terminate()
    child.wait()
    log.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answer_to(port, user, password, *, ca=None):
    """Return the broker's CONNACK reason for one log-in, in words."""
    from paho.mqtt import client as paho

    client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    if user:
        client.username_pw_set(user, password)
    if ca:
        client.tls_set(ca_certs=str(ca))
    answers = []
    answered = threading.Event()

    def connected(_client, _data, _flags, reason, _properties):
        answers.append(str(reason))
        answered.set()

    client.on_connect = connected
    client.connect("localhost" if ca else "127.0.0.1", port)
    client.loop_start()
    assert answered.wait(5)
    client.disconnect()
    client.loop_stop()
    return answers[0]


def test_mosquitto_takes_the_passwords_and_nobody_without(broker, secrets):
    plain, _ = broker
    password = (secrets / "recorder/mqtt-password").read_text()
    assert answer_to(plain, "recorder", password) == "Success"
    assert answer_to(plain, "monitor-ben", (secrets / "monitor/mqtt-password-ben").read_text()) == (
        "Success"
    )
    for user, guess in [("recorder", "wrong"), ("gateway-me", password), (None, None)]:
        assert answer_to(plain, user, guess) == "Not authorized"


def test_the_encrypted_port_is_trusted_by_our_own_authority_only(broker, secrets, tmp_path):
    _, encrypted = broker
    password = (secrets / "gateway/mqtt-password").read_text()
    ca = secrets / "gateway/ca.crt"
    assert answer_to(encrypted, "gateway-me", password, ca=ca) == "Success"
    stranger = ssl.create_default_context(cafile=str(other_authority(tmp_path)))
    with (
        socket.create_connection(("127.0.0.1", encrypted)) as raw,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        stranger.wrap_socket(raw, server_hostname="localhost").close()


def other_authority(folder):
    subject = [
        "-subj",
        "/CN=somebody else",
        "-keyout",
        str(folder / "k"),
        "-out",
        str(folder / "c"),
    ]
    command = [program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-noenc", *subject]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "c"


def test_the_health_check_of_the_container_works_and_fails(broker, secrets):
    plain, _ = broker
    tool = shutil.which("mosquitto_sub", path=PLACES)
    if tool is None:
        pytest.skip("mosquitto_sub comes in a package of its own")
    command = [
        tool,
        "-p",
        str(plain),
        "-i",
        "health",
        "-t",
        "$SYS/broker/uptime",
        "-C",
        "1",
        "-W",
        "5",
    ]
    environment = {"XDG_CONFIG_HOME": str(secrets / "mosquitto"), "PATH": PLACES}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "seconds" in done.stdout) == (0, True)
    (secrets / "mosquitto/mosquitto_sub").write_text("-u health\n-P wrong\n")
    assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode


INFLUX_DOUBLE = """#!/bin/sh
printf '%s\\n' "$*" >>"$CALLS"
case "$*" in *"$FAIL_FOR"*) echo '{"code": "invalid"}'; exit 0;; esac
printf '{\\n\\t"id": "0a",\\n\\t"token": "tok-%s==",\\n\\t"userID": "1"\\n}\\n' "$8"
"""


@pytest.fixture
def make_tokens(secrets, tmp_path):
    """Run 10-tokens.sh with a double of the influx command; return (exit code, stderr, calls)."""
    folder = tmp_path / "bin"
    folder.mkdir()
    double = folder / "influx"
    double.write_text(INFLUX_DOUBLE)
    double.chmod(0o755)

    def run(*, fail_for="no such service", **environment):
        calls = tmp_path / "calls"
        calls.write_text("")
        done = subprocess.run(
            ["/bin/sh", str(ROOT / "deploy/influxdb/10-tokens.sh")],
            env={
                "PATH": f"{folder}:{os.environ['PATH']}",
                "CALLS": str(calls),
                "FAIL_FOR": fail_for,
                "LUMBAR_SECRETS": str(secrets),
                "DOCKER_INFLUXDB_INIT_ORG_ID": "org1",
                "DOCKER_INFLUXDB_INIT_BUCKET_ID": "bucket1",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr, calls.read_text().splitlines()

    return run


def test_only_the_recorder_gets_a_token_that_writes(make_tokens, secrets):
    code, stderr, calls = make_tokens()
    assert (code, stderr) == (0, "")
    assert len(calls) == 4
    for call in calls:
        assert "--org-id org1" in call
        assert "--read-bucket bucket1" in call
        assert ("--write-bucket bucket1" in call) == ("lumbar recorder" in call)
        assert "all-access" not in call
    for name in ("recorder", "monitor", "screen", "grafana"):
        file = secrets / name / "influx-token"
        assert file.read_text().startswith("tok-")
        assert file.stat().st_mode & 0o007 == 0


def test_a_token_that_was_not_made_stops_the_set_up(make_tokens):
    code, stderr, _ = make_tokens(fail_for="lumbar monitor")
    assert code != 0
    assert "no token for monitor" in stderr


def test_missing_identities_stop_the_set_up_before_anything_is_made(make_tokens):
    code, _, calls = make_tokens(DOCKER_INFLUXDB_INIT_BUCKET_ID="")
    assert code != 0
    assert calls == []
