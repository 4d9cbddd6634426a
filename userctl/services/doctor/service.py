"""Examines an installation, and says what is wrong and what to do."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from userctl.core.errors import UserctlError
from userctl.schemas.database import CheckRead
from userctl.services.doctor.checks import CHECKS, Check
from userctl.services.doctor.finding import Finding, ok
from userctl.services.doctor.installation import Installation

logger = logging.getLogger(__name__)


class DoctorService:
    """Runs all checks, except those that depend on a failed one."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def examine(self, *, fix: bool = False) -> Iterator[CheckRead]:
        """Yield the findings of one check after the other, each followed by what was fixed.

        Args:
            fix: whether to fix problems that can be fixed without losing anything.
        """
        dialect, broken = self._installation.url.dialect, set()
        for check in CHECKS:
            if check.dialect not in (None, dialect):
                continue
            if check.needs in broken:
                broken.add(check.name)
                continue
            findings, fixed = self._run(check, fix=fix)
            if any(found.status == "failure" for found in findings):
                broken.add(check.name)
            for found in findings:
                yield _check_read(check, found)
            for found in fixed:
                yield _check_read(check, found, fixed=True)

    def _run(self, check: Check, *, fix: bool) -> tuple[list[Finding], list[Finding]]:
        """Return the remaining findings of a check, and what was fixed."""
        if unusable := sorted(self._installation.unusable & {*check.settings}):
            named = ", ".join(unusable)
            message = f"Not examined, because a setting it depends on cannot be read: {named}."
            return [Finding("failure", message, "Correct the configuration first.")], []
        run = partial(check.run, self._installation)
        findings = _findings_of(run)
        fixes = [found.fix for found in findings if found.fix is not None]
        if not fix or not fixes:
            return findings, []
        results = [found for each in fixes for found in _findings_of(partial(_apply, each))]
        fixed = [found for found in results if found.status == "ok"]
        remaining = [found for found in _findings_of(run) if not fixed or found.status != "ok"]
        return [*remaining, *(found for found in results if found.status != "ok")], fixed


def _check_read(check: Check, found: Finding, *, fixed: bool = False) -> CheckRead:
    return CheckRead(
        check=check.name,
        status=found.status,
        message=found.message,
        advice=found.advice,
        fixed=fixed,
    )


def _findings_of(check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    try:
        return [*check()]
    except UserctlError as error:
        return [Finding("failure", error.message, error.hint)]
    except OSError as error:
        return [Finding("failure", f"{error.filename}: {error.strerror}.", None)]
    except Exception as error:
        # The installation may be broken in any way, and the other checks should still run.
        logger.debug("a check failed", exc_info=True)
        return [
            Finding(
                "failure",
                f"This cannot be examined ({type(error).__name__}): unexpected data was read.",
                "Restore a backup if the database is damaged; otherwise report this, with -vv.",
            )
        ]


def _apply(fix: Callable[[], str]) -> list[Finding]:
    return [ok(fix())]
