"""A COMMIT whose outcome is asked of a server that cannot know it."""

import os
import signal
from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import Connection, event

from tests.integration.conftest import FakeClock, Program, open_engine
from tests.support.cluster import Cluster
from tests.support.servers import PATIENCE_SECONDS, accepts_connections, wait_until
from userctl.core.errors import CommitUnknown
from userctl.db.schema.migrations import upgrade
from userctl.schemas.users import UserCreate

Catastrophe = Callable[[Cluster, int], None]


def the_standby_takes_over(cluster: Cluster, _backend: int) -> None:
    """Let the primary die, and promote a standby that never heard of the transaction."""
    cluster.kill_primary()
    cluster.promote_standby()


def the_server_starts_anew(cluster: Cluster, backend: int) -> None:
    """Let the primary lose what it has in memory, as it does when one of its processes dies."""
    with closing(psycopg.connect(cluster.writable)) as other:
        os.kill(backend, signal.SIGKILL)
        # The server ends everybody before it starts anew.
        with pytest.raises(psycopg.OperationalError):
            other.execute(f"SELECT pg_sleep({PATIENCE_SECONDS})")
    wait_until(lambda: accepts_connections(cluster.writable))


@pytest.mark.soak
@pytest.mark.parametrize("happens", [the_standby_takes_over, the_server_starts_anew])
def test_a_commit_is_not_taken_for_done_because_another_transaction_has_its_number(
    cluster: Cluster, happens: Catastrophe
) -> None:
    with open_engine(cluster.url) as engine:
        upgrade(engine)
        program = Program(engine, FakeClock())

        @event.listens_for(engine, "commit")
        def happen(connection: Connection) -> None:
            query = "SELECT pg_current_xact_id()::text::int, pg_backend_pid()"
            number, backend = connection.exec_driver_sql(query).one()
            happens(cluster, backend)
            # The numbers that were not yet written down are given once more.
            while cluster.sql("SELECT pg_current_xact_id()::text::int")[0][0] < number:
                pass

        with cluster.standby_asleep(), pytest.raises(CommitUnknown):
            program.users.create(UserCreate(email="ada@example.com"))
    assert cluster.sql("SELECT * FROM users") == []
