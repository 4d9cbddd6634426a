"""A Unix socket between psycopg and the server that cuts the connection at a COMMIT."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from select import select
from threading import Thread
from typing import Literal
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

Fate = Literal["done", "lost", "pending"]
"""What happens to the COMMIT: the server ran it, never saw it, or still waits for it."""


class CommitProxy:
    """Forwards everything, and once it is armed cuts the connection that commits next.

    Args:
        folder: where its socket stands.
        server_url: the server behind it.
        fate: what happens to the COMMIT.
        then_refuse: whether no connection can be made afterwards.
    """

    def __init__(self, folder: Path, server_url: str, fate: Fate, *, then_refuse: bool) -> None:
        given = conninfo_to_dict(server_url)
        self._host, self._port = str(given["host"]), given.get("port", 5432)
        login = f"{quote(str(given['user']))}:{quote(str(given.get('password', '')))}"
        self.url = f"postgresql://{login}@/{given['dbname']}?host={folder}&port=5432"
        self.armed = False
        self._fate = fate
        self._then_refuse = then_refuse
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{folder}/.s.PGSQL.5432")
        self._listener.listen()

    def accept(self) -> None:
        """Serve connections until the proxy is closed, and then cut those that are left."""
        threads = []
        with ExitStack() as ends, suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = self._connect()
                for end in (client, server):
                    ends.enter_context(end)
                    ends.callback(hang_up, end)
                threads.append(Thread(target=self._forward, args=(client, server)))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def close(self) -> None:
        """Accept no more connections."""
        hang_up(self._listener)
        self._listener.close()

    def _connect(self) -> socket.socket:
        if not self._host.startswith("/"):
            return socket.create_connection((self._host, int(self._port)))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{self._host}/.s.PGSQL.{self._port}")
        return server

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        targets = {client: server, server: client}
        with suppress(OSError, ValueError):
            while True:
                for source in select(targets, [], [])[0]:
                    data = source.recv(65536)
                    if source is client and self.armed and b"COMMIT\0" in data:
                        self._cut(client, server, data)
                        return
                    if not data:
                        hang_up(targets[source])
                        return
                    targets[source].sendall(data)

    def _cut(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        self.armed = False
        if self._fate == "done":
            server.sendall(data)
            server.recv(65536)  # The answer that the client will never see.
        if self._fate == "lost":
            server.shutdown(socket.SHUT_WR)
            while server.recv(65536):
                pass  # The server hangs up once it has rolled back.
        if self._then_refuse:
            self.close()
        hang_up(client)


def hang_up(end: socket.socket) -> None:
    """Tell the other side that nothing more will come, whoever closed first."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def commit_proxy(
    folder: Path, server_url: str, fate: Fate, *, then_refuse: bool = False
) -> Iterator[CommitProxy]:
    """A proxy that runs in the background."""
    proxy = CommitProxy(folder, server_url, fate, then_refuse=then_refuse)
    thread = Thread(target=proxy.accept)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
