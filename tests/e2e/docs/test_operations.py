"""What the operations chapter lets cron and systemd run, run as they would."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Userctl

DOCS = Path(__file__).parents[3] / "docs"
CHAPTER = (DOCS / "operations.md").read_text()
UNITS = sorted((DOCS / "systemd").glob("*.service"))

CRON = {"HOME": "/", "LOGNAME": "userctl", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
SYSTEMD = {"HOME": "/", "USER": "userctl", "PATH": "/usr/bin:/bin", "INVOCATION_ID": "1"}


@pytest.fixture
def installed(userctl: Userctl) -> Userctl:
    """The folders that the chapter names, below the home of the test, and accounts."""
    root = userctl.home
    for folder in ("opt/userctl/bin", "etc/userctl", "var/lib/userctl", "var/lib/node_exporter",
                   "var/backups/userctl"):  # fmt: skip
        (root / folder).mkdir(parents=True)
    program = root / "opt/userctl/bin/userctl"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(userctl.program)} "$@"\n')
    program.chmod(0o755)
    keyring = root / "var/lib/userctl/keyring"
    (root / "etc/userctl/environment").write_text(
        f"USERCTL_DATABASE_URL='{userctl.database_url}'\nUSERCTL_KEYRING_FILE={keyring}\n"
        "export USERCTL_PASSWORD_COST=10\n"
    )
    userctl.extra["USERCTL_KEYRING_FILE"] = str(keyring)
    del (environment := userctl.environment)["USERCTL_SECRET_KEY"]
    subprocess.run([program, "key", "generate", "-q"], env=environment, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    userctl.create("ada@example.com", "--role", "admin")
    if userctl.database_url is not None and userctl.database_url.startswith("sqlite"):
        Path(userctl.database_url.removeprefix("sqlite:///")).chmod(0o600)
    return userctl


def moved(userctl: Userctl, line: str) -> str:
    """Return a line of the chapter for what lies below the home of the test."""
    root = userctl.home
    return re.sub(r"(?<![\w.])/(opt|etc|var)/", lambda found: f"{root}/{found[1]}/", line)


def run(userctl: Userctl, line: str, environment: dict[str, str]) -> tuple[int, str]:
    """Run a line with a shell; return the exit code and everything that it said."""
    coverage = {name: v for name, v in userctl.environment.items() if name.startswith("COV")}
    path = userctl.environment["PATH"].partition(":")[0]
    environment = {**environment, **coverage, "HOME": str(userctl.home)}
    environment["PATH"] = f"{userctl.home}/opt/userctl/bin:{path}:{environment['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-c", moved(userctl, line)],
        env=environment,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def cron_lines() -> Iterator[str]:
    """Yield the commands of the crontab, as cron hands them to a shell."""
    table = re.search(r"```cron\n(.*?)```", CHAPTER, re.DOTALL)
    assert table is not None
    for line in table[1].splitlines():
        if re.match(r"[\d*]", line):
            # A percent sign means the end of a line to cron (crontab(5)).
            yield re.sub(r"\\%", "%", line.split(maxsplit=5)[5])


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


def test_every_line_of_the_crontab_goes_well_and_says_nothing(installed: Userctl) -> None:
    lines = list(cron_lines())
    assert len(lines) == 3
    for line in lines:
        code, said = run(installed, line, CRON)
        assert (code, without_the_role(said)) == (0, ""), line
    written_down(installed)


def test_every_step_of_the_units_goes_well(installed: Userctl) -> None:
    environment = "set -a; . /etc/userctl/environment; "
    for unit in UNITS:
        for step in steps(unit):
            code, said = run(installed, environment + step, SYSTEMD)
            assert code == 0, (step, said)
            anchor = r"anchor\n\d+:[0-9a-f]{64}\n" if "audit head" in step else ""
            assert re.fullmatch(anchor, without_the_role(said).replace("\r", "")), step
    written_down(installed)


def written_down(userctl: Userctl) -> None:
    """Make sure that a backup and the metrics lie where the chapter says."""
    [backup] = (userctl.home / "var/backups/userctl").iterdir()
    assert userctl("db", "restore", str(backup), "--yes").code == 0
    assert "userctl_accounts" in (userctl.home / "var/lib/node_exporter/userctl.prom").read_text()


def test_a_step_that_fails_is_heard_of(installed: Userctl) -> None:
    (installed.home / "etc/userctl/environment").write_text(
        "USERCTL_DATABASE_URL=sqlite:////nonexistent/x.db\n"
    )
    for line in cron_lines():
        code, said = run(installed, line, CRON)
        assert code == 6
        assert "nonexistent" in said
        assert said.count("\n") <= 2
    assert list((installed.home / "var/backups/userctl").iterdir()) == []


def test_every_timer_has_its_unit() -> None:
    timers = sorted((DOCS / "systemd").glob("*.timer"))
    assert [timer.stem for timer in timers] == [unit.stem for unit in UNITS]
    for unit in UNITS:
        assert unit.stem in CHAPTER
