"""Fixtures that every tier may use: real databases, migrated by the migrations."""

import gc
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import postgres, requirements
from tests.support.built_commands import share_built_commands
from tests.support.cheap_hashes import allow_cheap_hashes
from tests.support.cli import Userctl
from tests.support.cluster import Cluster, running_cluster
from tests.support.compiled_sql import share_compiled_sql
from tests.support.forking import running_fork_server
from tests.support.marks import DIALECTS, leave_a_dialect_to_soak, mark_by_use
from tests.support.no_disk import skip_disk_sync
from tests.support.shell import forking_program
from userctl.config.database_url import DatabaseURL
from userctl.db.engine import database_engine
from userctl.db.schema.migrations import create_sqlite, upgrade

# How long an example takes depends on what else the machine does.
settings.register_profile(
    "soak", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=200
)
settings.register_profile("fast", settings.get_profile("soak"), max_examples=20)
# The option --hypothesis-profile is read later, so it wins.
settings.load_profile("fast")

# Each garbage collection would visit all tests, and few of them leave cycles behind.
gc.set_threshold(100_000, 50, 100)
# In the background of a shell Ctrl-C is ignored, and so it would be in all programs of the tests.
signal.signal(signal.SIGINT, signal.default_int_handler)
allow_cheap_hashes()
share_compiled_sql()
share_built_commands()
skip_disk_sync()


def pytest_xdist_auto_num_workers() -> int:
    """Return one process more than there are cores, because tests also wait for servers."""
    return (os.cpu_count() or 1) + 1


def pytest_configure() -> None:
    """Refuse requirements that nothing checks, and react to Ctrl-C."""
    requirements.required_programs()
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        # A shell starts background jobs like this, and each process would inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Set the marks before ``-m`` selects by them."""
    for item in items:
        mark_by_use(item)
        leave_a_dialect_to_soak(item)


@pytest.fixture(scope="session")
def postgres_server(testrun_uid: str) -> Iterator[str]:
    """The URL of a PostgreSQL server on which databases may be created."""
    with postgres.running_server(testrun_uid) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str, worker_id: str) -> Iterator[postgres.Emptier]:
    """This worker's migrated database; see ``postgres_url`` for an empty one."""
    url = postgres.create_database(postgres_server, f"userctl_{worker_id}")
    engine = database_engine(DatabaseURL.parse(url))
    upgrade(engine)
    engine.dispose()
    with closing(postgres.Emptier(url)) as emptier:
        yield emptier


@pytest.fixture
def postgres_url(migrated_postgres: postgres.Emptier) -> str:
    """The URL of a migrated PostgreSQL database without rows."""
    migrated_postgres.empty()
    return migrated_postgres.url


@pytest.fixture
def bare_postgres_url(postgres_server: str, worker_id: str) -> str:
    """The URL of a PostgreSQL database that was never migrated."""
    return postgres.create_database(postgres_server, f"userctl_bare_{worker_id}")


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    """A folder with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="uctl-") as folder:
        yield Path(folder)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Two PostgreSQL servers, one of which replicates the other."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    create_sqlite(path)
    return path


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The URL of a migrated SQLite database without rows."""
    path = tmp_path / "userctl.db"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database without rows, on each dialect in turn."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture(params=DIALECTS)
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that was never migrated; the SQLite file does not exist yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bare.db'}"
    return str(request.getfixturevalue("bare_postgres_url"))


@pytest.fixture(scope="session")
def fork_server() -> Iterator["subprocess.Popen[bytes]"]:
    """A server that forks processes of userctl; see ``Forks``."""
    with running_fork_server() as server:
        yield server


@pytest.fixture(scope="session")
def forked_program() -> Iterator[str]:
    """A program that is userctl, but starts at once; see ``forking_program``."""
    with (
        tempfile.TemporaryDirectory(prefix="uctl-") as folder,
        forking_program(Path(folder)) as program,
    ):
        yield str(program)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def userctl(home: Path, database_url: str) -> Userctl:
    """Userctl on an empty migrated database, on each dialect in turn."""
    return Userctl(home, database_url)


@pytest.fixture
def local(home: Path, sqlite_url: str) -> Userctl:
    """Userctl on an empty migrated SQLite database, for what has no dialect."""
    return Userctl(home, sqlite_url)


@pytest.fixture
def embedded(home: Path) -> Userctl:
    """Userctl with no configuration at all."""
    return Userctl(home, None)


@pytest.fixture
def quick(local: Userctl, forked_program: str) -> Userctl:
    """The same as ``local``, with processes that start at once; see ``forked_program``."""
    return replace(local, program=(forked_program,))
