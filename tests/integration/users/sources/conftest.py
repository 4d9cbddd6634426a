"""Users that are imported from the export of another system."""

import io
from dataclasses import replace

import pytest

from tests.integration.conftest import Program
from tests.integration.users.sources.exports import ALL_SECRETS, EXPORTS
from userctl.formats.sources import read_source
from userctl.formats.sources.options import SourceOptions
from userctl.schemas.transfer import ImportReport, PasswordSample
from userctl.security.passwords import PasswordHasher

ADA, EVE = "ada@example.com", "eve@example.com"


def import_export(
    program: Program, name: str, *, sample: PasswordSample | None = None, dry_run: bool = False
) -> tuple[ImportReport, SourceOptions]:
    """Import the export of a system."""
    export = EXPORTS[name]
    options = SourceOptions(domain=export.domain, secret=export.secret, roles=export.roles)
    records = read_source(io.StringIO(export.content), name, options)
    report = program.user_import.load(records, source=name, sample=sample, dry_run=dry_run)
    return report, options


@pytest.fixture
def knowing(program: Program) -> Program:
    """A program that knows the secrets of all systems."""
    hasher = PasswordHasher(cost=4, password_secrets=lambda name: ALL_SECRETS[name].encode())
    program.tools = replace(program.tools, hasher=hasher)
    program.user_import._hasher = hasher
    return program
