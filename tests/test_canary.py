"""Planted secrets appear nowhere: not under profiles/, not under build/, not in what the commands print."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.builders import pprof_bytes
from tests.collect.fakes import SERVICE
from tests.memstats import memstats_text

PROFILE = pprof_bytes([(("main.main", "main.work"), (1, 10))])
MARK = "kanarie"
"""Every planted secret holds it."""
SECRETS = {
    "BEARER": f"{MARK}-bearer-1", "TENANT_KEY": f"{MARK}-header-2", "DB_PASSWORD": f"{MARK}-environment-3",
    "AWS_SECRET_ACCESS_KEY": f"{MARK}-outside-4",
}  # fmt: skip
SETTINGS = """
format = 1
[components.guarded]
bearer_env = "BEARER"
headers_env = {{ X-Tenant-Key = "TENANT_KEY" }}
custom = {{ own = "/own?token={mark}-query-5" }}
[components.ours]
command = {service}
env = {{ FAKE = "{mark}-environment-3", API_KEY = "{mark}-environment-3" }}
[load]
command = ["{python}", "-S", "-c", "{load}", "--token", "{mark}-argument-6", "http://ann:{mark}-argument-6@h/x?key={mark}-argument-6"]
duration = 2
[collect]
cpu_seconds = 1
delta_seconds = 1
"""
LOAD = (
    "import sys, time, os as o; print(sys.argv, 'pw:' + o.environ['DB_PASSWORD'], o.environ['BEARER']); time.sleep(2)"
)


class Guarded(BaseHTTPRequestHandler):
    """Wants a token, and shows every secret it knows where it should not."""

    asked: list[str]

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        kind = parts.path.rpartition("/")[2]
        self.asked.append(kind)
        told = " ".join(f"{name}: {value}" for name, value in self.headers.items())
        if self.headers.get("Authorization") != f"Bearer {SECRETS['BEARER']}" or kind == "block":
            self._answer(403, f"rejected: {told}".encode())
        elif kind == "cmdline":
            self._answer(200, f"server\0--db-password={MARK}-cmdline-7".encode())
        elif kind == "mutex":
            self._answer(302, b"", Location=f"http://u:{SECRETS['BEARER']}@127.0.0.2/{SECRETS['TENANT_KEY']}?t={MARK}")
        elif kind == "threadcreate":
            self._answer(200, f"<html>{SECRETS['BEARER']} and {told}</html>".encode())
        elif "debug=1" in parts.query:
            self._answer(200, memstats_text())
        else:
            self._answer(200, PROFILE)

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def guarded() -> Iterator[ThreadingHTTPServer]:
    Guarded.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Guarded)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, guarded: ThreadingHTTPServer) -> tuple[Path, str]:
    """Collect and build the site; gives the project and everything that was printed."""
    root = tmp_path_factory.mktemp("canary")
    table = SETTINGS.format(mark=MARK, service=str(SERVICE).replace("'", '"'), python=sys.executable, load=LOAD)
    (root / "profbook.toml").write_text(table)
    address = f"http://ann:{MARK}-userinfo-8@127.0.0.1:{guarded.server_port}"
    environ = {**os.environ, **SECRETS, "PROFBOOK_COMPONENTS__GUARDED__URL": address}
    environ["XDG_RUNTIME_DIR"] = str(root / "build")
    (root / "build").mkdir()
    printed = ""
    for words, code in ((["collect", "--label", "baseline"], 3), (["site"], 3)):
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *words],
            cwd=root,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        printed += done.stdout + done.stderr
        assert done.returncode == code, printed
    return root, printed


def contents(data: bytes) -> bytes:
    """Give the bytes of a file, and what is packed in them."""
    for unpack in (gzip.decompress, zlib.decompress):
        try:
            return data + unpack(data)
        except (OSError, EOFError, zlib.error):
            continue
    return data


def test_the_run_is_what_it_should_be(told: tuple[Path, str]) -> None:
    root = told[0]
    (run,) = (path for path in (root / "profiles").iterdir() if not path.name.startswith("."))
    assert (run / "guarded" / "heap-after.prof").read_bytes() == PROFILE
    assert (run / "guarded" / "own.prof").is_file()
    assert (run / "ours" / "service.log").stat().st_size > 0
    assert (root / "build" / "site" / "index.html").is_file()
    manifest = (run / "run.json").read_text()
    for code in ("http_403", "redirect", "not_a_profile"):
        assert f'"code": "{code}"' in manifest
    assert "***" in manifest
    assert {"cmdline", "symbol"}.isdisjoint(Guarded.asked)


def test_no_secret_is_printed(told: tuple[Path, str]) -> None:
    assert MARK not in told[1]


@pytest.mark.parametrize("folder", ["profiles", "build"])
def test_no_secret_is_in_any_file(told: tuple[Path, str], folder: str) -> None:
    files = [path for path in (told[0] / folder).rglob("*") if path.is_file()]
    assert len(files) > 5
    leaks = [str(path) for path in files if MARK.encode() in contents(path.read_bytes()) or MARK in path.name]
    assert leaks == []


def test_the_search_finds_what_is_there() -> None:
    assert MARK.encode() in contents(gzip.compress(MARK.encode()))
    assert MARK.encode() in contents(b"x" + MARK.encode())


def test_a_secret_in_the_settings_is_refused_without_being_told(tmp_path: Path) -> None:
    table = (
        f'[components.a]\nurl = "http://h"\nheaders = {{ Authorization = "Bearer {MARK}" }}\nbasic_user = "{MARK}"\n'
    )
    (tmp_path / "profbook.toml").write_text(table)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "collect"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "components.a.headers: Authorization looks like a secret" in done.stderr
    assert MARK not in done.stdout + done.stderr
