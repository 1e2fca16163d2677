"""A cluster for tests: pods that are pprof services of this process, and the fake kubectl that leads to them."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.builders import pprof_bytes

HEAP = (("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes"))
SCRIPT = Path(__file__).with_name("fakekubectl.py")


class PodServer:
    """The pprof endpoint in one pod; ``megabytes`` are in use by it."""

    def __init__(self, megabytes: int) -> None:
        size = megabytes << 20
        heap = pprof_bytes([(["main.run", "main.keep"], [9, size, 3, size])], HEAP)
        other = pprof_bytes([(["main.run"], [1, 10_000_000])])

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Stay silent."""

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                kind = parts.path.rpartition("/")[2]
                if kind == "profile":
                    time.sleep(float(parse_qs(parts.query)["seconds"][0]))
                body = heap if kind in {"heap", "allocs"} else other
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class FakeCluster:
    """What the fake kubectl knows, and levers to change it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._servers: list[PodServer] = []
        self._lock = threading.Lock()
        (folder / "bin").mkdir()
        program = folder / "bin" / "kubectl"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {SCRIPT} "$@"\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("FAKE_KUBECTL", str(folder / "state.json"))
        self.state: dict[str, Any] = {"pods": [], "labels": {"app": "shop"}}
        self.save()

    def save(self, **changes: object) -> None:
        with self._lock:
            self.state |= changes
            beside = self._folder / "state.tmp"
            beside.write_text(json.dumps(self.state))
            beside.replace(self._folder / "state.json")

    def add(self, name: str, megabytes: int = 10, **facts: object) -> None:
        server = PodServer(megabytes)
        self._servers.append(server)
        pod = {"name": name, "uid": f"uid-{name}", "target": server.port, "labels": {"app": "shop"}} | facts
        self.save(pods=[*self.state["pods"], pod])

    def change(self, name: str, **facts: object) -> None:
        self.save(pods=[pod | facts if pod["name"] == name else pod for pod in self.state["pods"]])

    def remove(self, name: str) -> None:
        self.save(pods=[pod for pod in self.state["pods"] if pod["name"] != name])

    def calls(self) -> list[list[str]]:
        path = self._folder / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def forwards(self) -> list[tuple[int, str, int]]:
        """List the forwards that have begun: process, pod, local port."""
        path = self._folder / "forwards"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(pid), name, int(port)) for pid, name, port in (line.split() for line in lines)]

    def hang(self) -> None:
        """Let the forwards that run now take connections and do nothing."""
        self.save(hung=[pid for pid, _, _ in self.forwards()])

    def kill_last(self) -> None:
        os.kill(self.forwards()[-1][0], signal.SIGKILL)

    def close(self) -> None:
        for server in self._servers:
            server.close()
