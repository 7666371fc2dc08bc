"""The command line as a whole: its table, its errors and what it costs to ask for help."""

from __future__ import annotations

import re
import resource
import shlex
import subprocess
import sys
from importlib import import_module

import pytest

from ingest.errors import BrokerError, StoreError
from sensor.errors import RecordingError
from tui import cli
from tui.exits import MEANING, CommandError, Exit, NothingRunningError
from tui.version import __version__

HELP_LIMIT_S = 0.3
HEAVY = {
    "amqtt",
    "bleak",
    "bumble",
    "influxdb_client",
    "numpy",
    "paho",
    "sqlite3",
    "textual",
    "vqf",
}


def imported_by(words: list[str]) -> set[str]:
    """Return the top-level packages that a command line has imported when it ends."""
    script = (
        "import sys, tui.cli\n"
        "try:\n"
        "    tui.cli.main(sys.argv[1:])\n"
        "except SystemExit:\n"
        "    pass\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=True
    )
    return set(done.stderr.splitlines()[-1].split())


def test_help_takes_less_than_its_limit():
    best_s = min(_seconds_of_help() for _ in range(3))
    assert best_s <= HELP_LIMIT_S


def _seconds_of_help() -> float:
    """Return the processor's seconds: what else the machine does costs none of these."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "tui.cli", "--help"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_help_of_lumbar_and_of_every_command_imports_nothing_heavy():
    assert not imported_by(["--help"]) & HEAVY
    everything = (
        "import sys, tui.cli as c\nfor x in c.listed(): c.parser_of(x.name, c.load(x.name))"
    )
    script = everything + "\nprint(*{n.partition('.')[0] for n in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not set(done.stdout.split()) & HEAVY


@pytest.mark.parametrize("command", cli.listed(), ids=lambda command: command.name)
def test_every_row_of_the_table_is_a_module_with_the_same_help(command: cli.Command):
    module = import_module(command.module)
    assert command.help == module.HELP
    assert getattr(module, "EXAMPLES", ()), "a command shows at least one example"


@pytest.mark.parametrize("command", cli.listed(), ids=lambda command: command.name)
def test_every_example_parses(command: cli.Command):
    module = cli.load(command.name)
    for example in module.EXAMPLES:
        typed = example.partition("   ")[0].partition("|")[0].partition(" > ")[0]
        words = [word for word in shlex.split(typed) if not re.match(r"[A-Z_]+=", word)]
        own, name, rest = cli.split(words[1:])
        assert (words[0], name) == ("lumbar", command.name), example
        cli.root_parser().parse_args(own)
        cli.parser_of(command.name, module).parse_args(rest)


def test_version_is_printed(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"lumbar {__version__}\n"


def test_no_command_prints_help_and_is_a_usage_error(capsys: pytest.CaptureFixture[str]):
    assert cli.main([]) == Exit.USAGE
    assert "usage: lumbar" in capsys.readouterr().err


def test_a_misspelt_command_names_the_nearest_one(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["confg"]) == Exit.USAGE
    assert capsys.readouterr().err == (
        "lumbar: there is no command 'confg': did you mean `lumbar config`?\n"
    )


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ([], ([], None, [])),
        (["config"], ([], "config", [])),
        (["--config", "a", "config", "--json"], (["--config", "a"], "config", ["--json"])),
        (["--config=a", "up"], (["--config=a"], "up", [])),
        (["--version"], (["--version"], None, [])),
    ],
)
def test_a_command_line_splits_at_its_command(words: list[str], parts: tuple[object, ...]):
    assert cli.split(words) == parts


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (CommandError("no"), Exit.FAILED, "no"),
        (NothingRunningError(), Exit.NOT_RUNNING, "nothing is running: lumbar up"),
        (BrokerError("port 1883 is in use"), Exit.UNAVAILABLE, "port 1883 is in use"),
        (StoreError("locked"), Exit.UNAVAILABLE, "locked"),
        (
            RecordingError("a.lumbar: cut off\nat byte 7"),
            Exit.FAILED,
            "a.lumbar: cut off at byte 7",
        ),
        (PermissionError(13, "Permission denied", "/x"), Exit.FAILED, "/x: Permission denied"),
        (ExceptionGroup("tasks", [BrokerError("gone")]), Exit.UNAVAILABLE, "gone"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_expected_error_is_one_line_and_a_documented_code(
    error: Exception, code: Exit, line: str
):
    assert cli.one_line(error) == line
    assert cli.exit_code(error) == code
    assert code in MEANING


def test_a_defect_keeps_its_traceback():
    assert cli.one_line(KeyError("x")) is None
    assert cli.one_line(ExceptionGroup("g", [CommandError("a"), ValueError("b")])) is None


def test_interruption_is_one_word_and_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def interrupted(_: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupted)
    assert cli.main(["config"]) == Exit.INTERRUPTED
    assert capsys.readouterr().err == "interrupted\n"


def test_a_reader_that_leaves_early_causes_no_traceback():
    done = subprocess.run(
        f"{sys.executable} -m tui.cli config --json | head -c 1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr
