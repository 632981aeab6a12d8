"""A connection between a page and its server that can be cut, and a bell that a cell rings."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.browser.lab import Lab

#: Seconds to wait for a cell to ring.
_PATIENCE = 120


class Connection:
    """Hands on what a page and a server say to each other, until it is cut.

    Parameters
    ----------
    server
        The port of the server, on loopback.
    """

    def __init__(self, server: int) -> None:
        self._server = server
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        with self._lock:
            _close(self._listener)
            for one in self._open:
                _close(one)
            self._open.clear()

    def mend(self) -> None:
        """Take new connections again."""
        self._listener = self._listen(self.port)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                page, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server))
            with self._lock:
                self._open |= {page, server}
            for one, other in ((page, server), (server, page)):
                threading.Thread(target=self._hand_on, args=(one, other), daemon=True).start()

    def _hand_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := one.recv(65536):
                other.sendall(said)
        with self._lock:
            self._open -= {one, other}
        _close(one)
        _close(other)


def _close(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)  # whoever waits for it in another thread wakes up
    one.close()


@contextlib.contextmanager
def connection(lab: Lab) -> Iterator[Connection]:
    """Have the page of a laboratory reach its server by a connection that can be cut."""
    whole, server = lab.url, urlsplit(lab.url)
    assert server.port is not None
    made = Connection(server.port)
    lab.url = whole.replace(f":{server.port}/", f":{made.port}/")
    try:
        yield made
    finally:
        made.cut()
        lab.url = whole


class Bell:
    """Waits for a cell that runs ``bell()``; `define` is the code that defines it there."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_PATIENCE)
        address = self._listener.getsockname()
        self.define = f"import socket; bell = lambda: socket.create_connection({address!r}).close()"

    def wait(self) -> None:
        """Wait until it rings once more."""
        self._listener.accept()[0].close()

    def close(self) -> None:
        """Ring no more."""
        self._listener.close()
