"""Examines an installation and says what is wrong and what to do about it."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from userctl.core.errors import UserctlError
from userctl.schemas.database import CheckRead
from userctl.services.doctor.checks import CHECKS
from userctl.services.doctor.finding import Finding
from userctl.services.doctor.installation import Installation


class DoctorService:
    """Runs all checks, except those that need what another check found broken."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def examine(self, *, fix: bool = False) -> Iterator[CheckRead]:
        """Yield the findings, one check after the other.

        Args:
            fix: fix what can be fixed without losing anything.
        """
        dialect, broken = self._installation.url.dialect, set()
        for check in CHECKS:
            if check.dialect not in (None, dialect):
                continue
            if check.needs in broken:
                broken.add(check.name)
                continue
            findings, fixed = self._run(partial(check.run, self._installation), fix=fix)
            if any(found.status == "failure" for found in findings):
                broken.add(check.name)
            for found in findings:
                yield CheckRead(
                    check=check.name,
                    status=found.status,
                    message=found.message,
                    advice=found.advice,
                    fixed=fixed and found.status == "ok",
                )

    def _run(
        self, check: Callable[[], Iterable[Finding]], *, fix: bool
    ) -> tuple[list[Finding], bool]:
        """Return what a check finds, in the end, and whether anything was fixed."""
        findings = _findings_of(check)
        fixes = [found.fix for found in findings if found.fix is not None]
        if not fix or not fixes:
            return findings, False
        failures = [_findings_of(partial(_apply, each)) for each in fixes]
        return [*_findings_of(check), *(found for some in failures for found in some)], True


def _findings_of(check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    try:
        return [*check()]
    except UserctlError as error:
        return [Finding("failure", error.message, error.hint)]
    except OSError as error:
        return [Finding("failure", f"{error.filename}: {error.strerror}.", None)]


def _apply(fix: Callable[[], object]) -> list[Finding]:
    fix()
    return []
