"""Records become users."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from userctl.schemas.transfer import IMPORTED_FIELDS, UNUSED_FIELDS, FileRecord
from userctl.security.password_policy import PasswordPolicy
from userctl.services.users.import_.records import (
    ImportedUser,
    ParsedRecord,
    RecordParser,
)

HASH = "$2b$12$" + "." * 22 + "a" * 31
PARSER = RecordParser(
    roles=("user", "admin"),
    policy=PasswordPolicy(minimum_length=8),
    now=datetime(2026, 1, 2, tzinfo=UTC),
)
TEXTS = st.sampled_from(
    [
        *("", None, "a@example.com", "B@Example.COM", "no address", "Ada", " ", "user", "root"),
        *("active", "disabled", "true", "false", HASH, HASH[:-1], "$2b$12$" + "." * 53),
        *("2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "2027-01-01T00:00:00Z", "horse 77 x"),
    ]
)


@st.composite
def records(draw: st.DrawFn) -> list[FileRecord]:
    """Records of a CSV, of which all have the same fields."""
    fields = st.sampled_from([*IMPORTED_FIELDS, *UNUSED_FIELDS, "nonsense"])
    names = tuple(draw(st.lists(fields, unique=True)))
    width = len(names)
    rows = draw(st.lists(st.lists(TEXTS, min_size=width, max_size=width), min_size=1, max_size=4))
    return [FileRecord(line, names, row) for line, row in enumerate(rows, 2)]


@given(records())
def test_a_record_means_the_same_beside_one_that_cannot_be_read(found: list[FileRecord]) -> None:
    *beside, _ = PARSER.parse([*found, FileRecord(99, unreadable="The line is no CSV.")])
    assert list(PARSER.parse(found)) == beside


def test_a_record_becomes_a_user() -> None:
    names = ("id", "email", "role", "hashed_password", "created_at", "name")
    texts = ("7", "Ada@Example.com", "admin", HASH, "2026-01-01T01:00:00+01:00", "")
    user = ImportedUser(
        2,
        "ada@example.com",
        role="admin",
        hashed_password=HASH,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert list(PARSER.parse([FileRecord(2, names, texts)])) == [ParsedRecord(user, None)]
