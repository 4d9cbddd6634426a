"""What the page about cron and systemd lets these run, run as they would."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Userctl
from tests.support.documents import blocks
from tests.support.shell import Shell
from userctl.security.bcrypt_hash import MINIMUM_COST

DOCS = Path(__file__).parents[3] / "docs"
PAGE = DOCS / "how-to/cron-and-systemd.md"
UNITS = sorted((DOCS / "systemd").glob("*.service"))

_CRON_LINE = r"^[\d*]\S*(?: +\S+){4} +(.+)$"

CRON = {"HOME": "/", "LOGNAME": "userctl", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
SYSTEMD = {"HOME": "/", "USER": "userctl", "PATH": "/usr/bin:/bin", "INVOCATION_ID": "1"}


@pytest.fixture
def installed(userctl: Userctl, forked_program: str) -> Shell:
    """A shell with the folders that the page names, below the home of the test, and users."""
    root = userctl.home
    for folder in (
        "etc/userctl",
        "var/lib/userctl",
        "var/lib/node_exporter",
        "var/backups/userctl",
    ):
        (root / folder).mkdir(parents=True)
    keyring = root / "var/lib/userctl/keyring"
    (root / "etc/userctl/environment").write_text(
        f"USERCTL_DATABASE_URL='{userctl.database_url}'\nUSERCTL_KEYRING_FILE={keyring}\n"
        f"export USERCTL_PASSWORD_COST={MINIMUM_COST}\n"
    )
    userctl.keyring = True
    userctl.extra["USERCTL_KEYRING_FILE"] = str(keyring)
    assert userctl("key", "generate", "-q").code == 0
    userctl.create("ada@example.com", "--role", "admin")
    if userctl.database_url is not None and userctl.database_url.startswith("sqlite"):
        Path(userctl.database_url.removeprefix("sqlite:///")).chmod(0o600)
    program = root / "opt/userctl/bin/userctl"
    program.parent.mkdir(parents=True)
    shutil.copy(forked_program, program)
    return Shell(userctl, program)


def moved(userctl: Userctl, line: str) -> str:
    """Return a line of the page for what lies below the home of the test."""
    root = userctl.home
    return re.sub(r"(?<![\w.])/(opt|etc|var)/", lambda found: f"{root}/{found[1]}/", line)


def run(shell: Shell, line: str, environment: dict[str, str]) -> tuple[int, str]:
    """Run a line with a shell; return the exit code and everything that it printed."""
    userctl = shell.userctl
    # Backups of PostgreSQL need its programs.
    path = f"{userctl.environment['PATH'].partition(':')[0]}:{environment['PATH']}"
    environment = {**environment, "HOME": str(userctl.home), "PATH": path}
    done = shell.run(moved(userctl, line), shell="/bin/sh", environment=environment,
                     folder=Path("/"))  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def crontabs() -> list[list[str]]:
    """Return the commands of the crontabs, as cron hands them to a shell."""
    tables = [block.text.splitlines() for block in blocks(PAGE) if block.language == "cron"]
    return [
        # A percent sign means the end of a line to cron (crontab(5)).
        [
            re.sub(r"\\%", "%", line.split(maxsplit=5)[5])
            for line in lines
            if re.match(r"[\d*]", line)
        ]
        for lines in tables
    ]


def steps(unit: Path) -> Iterator[str]:
    """Yield the commands of a unit, as systemd hands them on."""
    for line in unit.read_text().splitlines():
        if line.startswith("ExecStart="):
            # Doubled, so that systemd does not take them for its own (systemd.service(5)).
            yield line.removeprefix("ExecStart=").replace("$$", "$").replace("%%", "%")


def without_the_role(text: str) -> str:
    """Return what was said but for the warning that the tests' role is a superuser."""
    lines = text.splitlines()
    if len(lines) == 2 and lines[1].startswith("role"):
        return ""
    return text


def test_every_line_of_the_crontab_goes_well_and_says_nothing(installed: Shell) -> None:
    assert [len(lines) for lines in crontabs()] == [3, 2]
    for line in (line for lines in crontabs() for line in lines):
        code, printed = run(installed, line, CRON)
        assert (code, without_the_role(printed)) == (0, ""), line
    written_down(installed.userctl)


def test_every_step_of_the_units_goes_well(installed: Shell) -> None:
    environment = "set -a; . /etc/userctl/environment; "
    for unit in UNITS:
        for step in steps(unit):
            code, printed = run(installed, environment + step, SYSTEMD)
            assert code == 0, (step, printed)
            anchor = r"anchor\n\d+:[0-9a-f]{64}\n" if "audit head" in step else ""
            assert re.fullmatch(anchor, without_the_role(printed).replace("\r", "")), step
    written_down(installed.userctl)


def written_down(userctl: Userctl) -> None:
    """Make sure that a backup and the metrics lie where the page says, and tell of each run."""
    [backup] = (userctl.home / "var/backups/userctl").iterdir()
    assert userctl("db", "restore", str(backup), "--yes").code == 0
    assert "userctl_accounts" in (userctl.home / "var/lib/node_exporter/userctl.prom").read_text()
    metrics = userctl("metrics").out
    for command in ("audit verify", "db backup", "doctor", "token purge", "user purge"):
        assert f'userctl_command_last_run_exit_code{{command="{command}"}} 0.0\n' in metrics


def test_a_step_that_fails_is_heard_of(installed: Shell) -> None:
    home = installed.userctl.home
    (home / "etc/userctl/environment").write_text(
        "USERCTL_DATABASE_URL=sqlite:////nonexistent/x.db\n"
    )
    for line in crontabs()[0]:
        code, printed = run(installed, line, CRON)
        assert code == 6
        assert "nonexistent" in printed
        assert printed.count("\n") <= 2
    assert list((home / "var/backups/userctl").iterdir()) == []


def test_every_timer_has_its_unit() -> None:
    timers = sorted((DOCS / "systemd").glob("*.timer"))
    assert [timer.stem for timer in timers] == [unit.stem for unit in UNITS]
    for unit in UNITS:
        assert unit.stem in PAGE.read_text()
