"""Checks of the settings."""

from collections.abc import Iterable

from userctl.services.doctor.finding import Finding, ok
from userctl.services.doctor.installation import Installation


def settings(installation: Installation) -> Iterable[Finding]:
    """Check that every setting can be read, wherever it stands."""
    return [
        Finding("failure", problem.message, problem.hint or "Correct it there.")
        for problem in installation.problems
    ] or [ok("All settings can be read.")]
