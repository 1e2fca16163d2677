"""The site on this machine while runs are collected: a server of ``build/site``, and a page of what is being taken.

Rules: it listens on this machine alone and refuses other hosts' names, so that no web page elsewhere can read it. The
live page is made of the folder a collector writes, and polls one JSON document; every value in it is redacted. The
server never writes.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

LIVE: Final = "/live/"
STATE: Final = "/live/state.json"
VERSION: Final = "/live/version"
_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_RELOAD: Final = b"""<script>
(() => {
  let seen = null;
  setInterval(async () => {
    const now = await fetch("/live/version").then((answer) => answer.text()).catch(() => seen);
    if (seen !== null && now !== seen) location.reload();
    seen = now;
  }, 2000);
})();
</script>"""


class LiveServer(ThreadingHTTPServer):
    """Serves a site, the live page and its state; ``state`` gives the state, ``version`` changes with the site."""

    daemon_threads = True

    def __init__(
        self, port: int, site: Path, page: bytes, state: Callable[[], Any], version: Callable[[], str]
    ) -> None:
        self.page, self.state, self.version = page, state, version
        super().__init__(("127.0.0.1", port), partial(_Handler, directory=str(site)))

    @property
    def address(self) -> str:
        """Say where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(SimpleHTTPRequestHandler):
    server: LiveServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing: what matters is told by the command."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        host = (self.headers.get("Host") or "").rpartition(":")[0] or self.headers.get("Host") or ""
        if host not in _HOSTS:
            self.send_error(HTTPStatus.FORBIDDEN, "This server answers on this machine alone")
        elif path == LIVE or (path == "/" and self._page(path) is None):
            self._answer(self.server.page, "text/html; charset=utf-8")
        elif path == STATE:
            self._answer(json.dumps(self.server.state(), allow_nan=False).encode(), "application/json")
        elif path == VERSION:
            self._answer(self.server.version().encode(), "text/plain; charset=utf-8")
        elif (page := self._page(path)) is not None:
            self._answer(page.read_bytes().replace(b"</body>", _RELOAD + b"</body>"), "text/html; charset=utf-8")
        else:
            super().do_GET()

    def _page(self, path: str) -> Path | None:
        """Find the page of an address, which is to reload itself."""
        place = Path(self.translate_path(path))
        place = place / "index.html" if path.endswith("/") else place
        inside = place.resolve().is_relative_to(Path(self.directory).resolve())
        return place if inside and place.suffix == ".html" and place.is_file() else None

    def _answer(self, data: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(data)


def serve_until(server: LiveServer, ended: threading.Event, work: Callable[[], None], every: float) -> None:
    """Serve, and do ``work`` every so many seconds, until ``ended`` is set."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
    thread.start()
    try:
        # The first build takes a while; a run that is being taken can be seen meanwhile.
        work()
        while not ended.wait(every):
            work()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
