"""Inserting many users at once."""

from typing import Any

from sqlalchemy import Engine, event

from tests.integration.conftest import FakeClock, Program

TEXTS = (None, "", "Ada", "\\N", "\\.", "a\\tb", "a\tb", "a\nb", "a\r\nb", 'a"b,c')
COLUMNS = ("email", "name", "hashed_password")


def test_texts_are_stored_as_they_are(program: Program) -> None:
    rows = [(f"u{number}@example.com", text, "x") for number, text in enumerate(TEXTS)]
    with program.database.writing() as uow:
        ids = uow.users.insert_rows(COLUMNS, rows)
        stored = uow.connection.exec_driver_sql("SELECT id, name FROM users ORDER BY id").all()
    assert [tuple(row) for row in stored] == list(zip((ids or {}).values(), TEXTS, strict=True))


def test_new_ids_are_read_from_the_index_before_there_are_statistics(
    postgres_engine: Engine,
) -> None:
    program, sent = Program(postgres_engine, FakeClock()), list[tuple[str, Any]]()
    rows = [(f"u{number}@example.com", None, "x") for number in range(100)]
    with program.database.writing() as uow:
        uow.connection.exec_driver_sql(
            "INSERT INTO users (email, hashed_password) "
            "SELECT 'a' || i, 'x' FROM generate_series(1, 20000) AS i"
        )

        @event.listens_for(uow.connection, "before_cursor_execute")
        def keep(_connection: object, _cursor: object, text: str, values: Any, *_: object) -> None:
            sent.append((text, values))

        uow.users.insert_rows(COLUMNS, rows)
        [(text, values)] = [found for found in sent if found[0].startswith("SELECT users.email")]
        plan = uow.connection.exec_driver_sql(f"EXPLAIN {text}", values).scalars().all()
    assert "Seq Scan" not in "\n".join(plan), plan
