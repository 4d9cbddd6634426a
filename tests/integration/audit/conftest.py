"""A database with an audit trail, and its contents."""

from typing import Any

import pytest

from tests.integration.conftest import PASSWORD, Program
from userctl.schemas.audit import AuditQuery
from userctl.schemas.users import UserCreate
from userctl.services.audit.trail import AuditService

ADA = "ada@example.com"
EVERYTHING = AuditQuery(limit=None)


def tags(audit: AuditService, query: AuditQuery = EVERYTHING) -> list[str]:
    """Return the tags of the events, in order."""
    return [event.tag for event in audit.stream(query)]


def last(audit: AuditService) -> tuple[str, str | None, dict[str, Any]]:
    """Return the tag, the target and the detail of the last event."""
    [event] = audit.page(AuditQuery(limit=1)).items
    return event.tag, event.target, event.detail


@pytest.fixture
def audit(program: Program) -> AuditService:
    program.users.create(UserCreate(email=ADA, name="Ada", role="admin", password=PASSWORD))
    return program.audit
