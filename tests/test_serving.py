"""`profbook serve`: the site and a live view on this machine, while a run is written beside it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import serving
from pipeline.model.config import Config
from pipeline.site.live import LIVE, STATE, VERSION
from tests.builders import pprof_bytes, write_run

HEAP = (("inuse_objects", "count"), ("inuse_space", "bytes"))
RUN = "20260101_000000-baseline"
PARTIAL = ".20260101_000500-soak.partial"
TOKEN = "ghp_" + "kanarie" * 5


def heap(size: int) -> bytes:
    return pprof_bytes([(("main.main", "main.keep"), (1, size))], HEAP)


def project(root: Path) -> None:
    write_run(root / "profiles", RUN, {"service/heap0.prof": heap(10), "service/heap1.prof": heap(20)})


def collecting(root: Path, count: int) -> Path:
    """Write what a collector has written of a run so far."""
    files = {f"api/heap{place}.pprof": heap((place + 1) << 20) for place in range(count)}
    files |= {"api/goroutine0.pprof": pprof_bytes([(("main.main",), (7,))], [("goroutine", "count")])}
    files |= {".collector.json": b"{}", "test.log": f"step 3 of 9 with {TOKEN}\n".encode(), "api/cpu0.pprof": b"cut"}
    folder = write_run(root / "profiles", PARTIAL, files)
    for place in range(count):
        os.utime(folder / f"api/heap{place}.pprof", (1000 + place, 1000 + place))
    return folder


class Client:
    """Asks a server."""

    def __init__(self, address: str) -> None:
        self.port = int(address.rstrip("/").rpartition(":")[2])

    def get(self, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, text


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Client, list[str]]]:
    """Serve a project on a free port."""
    root = tmp_path_factory.mktemp("served")
    project(root)
    ended, ready, said = threading.Event(), threading.Event(), list[str]()
    addresses: list[str] = []

    def opened(address: str) -> None:
        addresses.append(address)
        ready.set()

    options = {"port": 0, "ended": ended, "opened": opened, "say": said.append}
    thread = threading.Thread(target=serving.serve, args=(root, Config()), kwargs=options)
    thread.start()
    assert ready.wait(120)
    assert "Live" in Client(addresses[0]).get("/")[1] or (root / "build" / "site").is_dir()
    while not (root / "build" / "site.json").is_file():
        thread.join(0.1)
        assert thread.is_alive()
    yield root, Client(addresses[0]), said
    ended.set()
    thread.join(60)
    assert not thread.is_alive()


def test_pages_reload_themselves_and_files_are_as_they_are(served: tuple[Path, Client, list[str]]) -> None:
    root, client, _ = served
    status, page = client.get(f"/runs/{RUN}/index.html")
    assert status == 200
    assert VERSION in page
    assert VERSION not in (root / "build" / "site" / "runs" / RUN / "index.html").read_text()
    assert client.get(f"/runs/{RUN}/") == (status, page)
    assert client.get("/nothing")[0] == 404
    assert client.get("/../../profbook.toml")[0] == 404


def test_other_names_of_this_machine_are_refused(served: tuple[Path, Client, list[str]]) -> None:
    client = served[1]
    assert client.get("/", host="evil.example")[0] == 403
    assert client.get(STATE, host="evil.example:8050")[0] == 403
    assert client.get("/", host=f"localhost:{client.port}")[0] == 200


def test_the_live_page_asks_nobody_else(served: tuple[Path, Client, list[str]]) -> None:
    status, page = served[1].get(LIVE)
    assert status == 200
    assert "default-src 'none'" in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_the_site_is_built_again_when_a_run_comes(served: tuple[Path, Client, list[str]]) -> None:
    root, client, _ = served
    before = client.get(VERSION)[1]
    write_run(root / "profiles", "20260101_000100-optimized", {"service/heap0.prof": heap(30)})
    watch = serving._Watch(root, Config(), lambda _: None)
    watch.look()
    assert client.get("/runs/20260101_000100-optimized/")[0] == 200
    assert client.get(VERSION)[1] != before


def test_nothing_is_being_collected(tmp_path: Path) -> None:
    assert serving.Live(tmp_path, Config()).state() == {"collecting": False}


def test_the_state_of_a_run_that_is_being_taken(tmp_path: Path) -> None:
    collecting(tmp_path, 3)
    live = serving.Live(tmp_path, Config())
    state = live.state()
    assert state["run"] == "20260101_000500-soak"
    growth = {one["kind"]: [point["value"] for point in one["points"]] for one in state["series"]}
    assert growth == {"heap": [1 << 20, 2 << 20, 3 << 20], "goroutine": [7]}
    tops = {one["type"]: one["rows"][0] for one in state["top"]}
    assert tops["inuse_space"] == ["main.keep", "3 MB", "3 MB"]
    assert "step 3 of 9" in state["load"]
    assert "kanarie" not in json.dumps(state)
    assert not any(file["path"].endswith("cpu0.pprof") for file in state["files"])


def test_a_profile_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = collecting(tmp_path, 2)
    live = serving.Live(tmp_path, Config())
    first = live.state()
    monkeypatch.setattr("pipeline.decode.decode_profile", lambda *_a, **_o: pytest.fail("decoded again"))
    assert live.state() == first
    shutil.rmtree(folder)
    assert live.state() == {"collecting": False}


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    project(tmp_path)
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        words = [sys.executable, "-m", "pipeline", "serve", "--port", port]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"port {port} cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    project(tmp_path)
    # A shell starts background jobs with SIGINT ignored, and what they start inherits that.
    program = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    program += "from pipeline.__main__ import main; sys.exit(main(['serve', '--port', '0']))"
    words = [sys.executable, "-u", "-c", program]
    running = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for line in running.stdout:
        if "Ctrl-C" in line:
            break
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert "Traceback" not in out + err
    assert running.returncode == 0, err
