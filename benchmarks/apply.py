"""Users as code: a check of a file that is in sync."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import databases
from bench import Bench
from measure import Row, Sample

USERS = 100_000
PEAK_MIB = 400
AT_MOST = 2.5
LINE = "  - {{email: user{0}@example.com, name: User {0}, role: user}}\n"


def _file(bench: Bench, users: int) -> Path:
    path = bench.folder / f"{users}.yaml"
    if not path.exists():
        with path.open("w") as file:
            file.write("set: bench\nusers:\n")
            file.writelines(LINE.format(number) for number in range(users))
    return path


def _sqlite(bench: Bench) -> str:
    return f"sqlite:///{databases.sqlite_copy(bench, databases.sqlite(bench, 0))}"


def _postgresql(bench: Bench) -> str:
    return databases.postgresql_copy(bench, databases.postgresql(bench, 0))


def _check(database: Callable[[Bench], str], bench: Bench) -> Row:
    """Check users in sync, against reading the file and selecting their rows."""
    file, url = str(_file(bench, bench.count(USERS))), database(bench)
    bench.userctl(url, "apply", file, "--yes", "-o", "json")

    def ours() -> Sample:
        return bench.userctl(url, "apply", file, "--check")

    def floor() -> Sample:
        return bench.floor("read_declared.py", file, url)

    return Row(ours, floor, at_most=AT_MOST, limits={"peak MiB": PEAK_MIB})


ROWS = {
    f"apply --check of 100,000 users in sync, {dialect} / reading and selecting": partial(
        _check, database
    )
    for dialect, database in (("SQLite", _sqlite), ("PostgreSQL", _postgresql))
}
