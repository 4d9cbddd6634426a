"""Runs two sides in turn, and compares them."""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

WARM_ROUNDS = 11
"""The number of rounds from which a row counts as quick, and gets another round to warm up."""


class CommandFailed(Exception):
    """A command of a benchmark did not succeed."""


@dataclass(frozen=True)
class Sample:
    """One run: its real time in seconds, and other figures by name."""

    seconds: float
    output: str = ""
    others: Mapping[str, float] = field(default_factory=dict)


Side = Callable[[], Sample]


@dataclass(frozen=True)
class Row:
    """One comparison.

    Args:
        ours: runs userctl once; its seconds do not include preparations.
        floor: runs the other side of the comparison once.
        at_most: the largest ratio of the medians that meets the target.
        rounds: how often each side runs unless told otherwise.
        limits: the most that other figures of ours may reach in any round.
        medians: the most that the medians of other figures may be.
    """

    ours: Side
    floor: Side
    at_most: float
    rounds: int = 3
    limits: Mapping[str, float] = field(default_factory=dict)
    medians: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    work: str
    value: float
    at_most: float

    @property
    def is_missed(self) -> bool:
        """Whether the target was missed."""
        return self.value > self.at_most


def figures(work: str, row: Row, rounds: int | None) -> Iterator[Figure]:
    """Measure a row and yield its ratio and its other figures."""
    rounds = rounds or row.rounds
    if rounds >= WARM_ROUNDS:
        row.floor(), row.ours()
    floor, ours = [], []
    for _ in range(rounds):
        floor.append(row.floor())
        ours.append(row.ours())
    yield Figure(work, _median(ours) / _median(floor), row.at_most)
    for name, limit in row.limits.items():
        worst = max(sample.others[name] for sample in ours)
        yield Figure(f"{work}: {name}", worst, limit)
    for name, limit in row.medians.items():
        usual = statistics.median(sample.others[name] for sample in ours)
        yield Figure(f"{work}: {name}", usual, limit)


def _median(samples: Sequence[Sample]) -> float:
    return statistics.median(sample.seconds for sample in samples)


def run(command: Sequence[str], environment: Mapping[str, str], stdin: str = "") -> Sample:
    """Run a command, and return its time, its output and its use of resources.

    Raises:
        CommandFailed: if it does not succeed.
    """
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        assert process.stdin
        assert process.stdout
        process.stdin.write(stdin.encode())
        process.stdin.close()
        output = process.stdout.read().decode()
        # The peak is that of this child alone, except that it is never below that of the parent.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode:
            errors.seek(0)
            last = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
            raise CommandFailed(f"{' '.join(command[:4])}: exit {process.returncode}: {last}")
    work = (usage.ru_utime + usage.ru_stime) * 1000
    return Sample(seconds, output, {"peak MiB": usage.ru_maxrss / 1024, "CPU ms": work})
