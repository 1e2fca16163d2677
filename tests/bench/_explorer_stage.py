"""What the explorer is measured on and against: profiles, our site, peers, one web server for all of them.

Rules: our site is built by the product's own commands in a project of its own. Peers come from npm into
``build/bench``, at fixed versions; what is not there is said and left out. Everybody is served by the same server,
which compresses text as static hosts do; only pprof serves itself.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.analysis.calltree import build_call_tree
from pipeline.decode import decode_profile
from pipeline.model.calltree import CallTree
from pipeline.proto import profile_pb2
from pipeline.render.payload import opened, unwrapped
from tests.bench.read import CORPUS, ROOT, large_profile

PEERS = {"flamebearer": "1.1.3", "speedscope": "1.25.0"}
NODES = 500_000
MOST_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Subject:
    """One profile: its file, where it is in our site, how many nodes its call tree has."""

    name: str
    file: Path
    run: str
    nodes: int
    payload: str
    tree_bytes: int
    samples_bytes: int

    @property
    def address(self) -> str:
        return f"{self.run}/cpu.prof"


def read_tree(path: Path) -> CallTree:
    return build_call_tree(decode_profile(path.read_bytes(), max_bytes=MOST_BYTES, symbolize=True))


def small_profile() -> Path:
    """Find a CPU profile of a Go program of about 5,000 nodes."""
    known = [*sorted((CORPUS / "cpu").glob("*.p*")), *sorted(ROOT.glob("profiles/*/*/cpu.prof"))]
    sizes = {path: len(read_tree(path)) for path in known if path.stat().st_size > 20_000}
    return min(sizes, key=lambda path: abs(sizes[path] - 5_000))


def make_profile(path: Path, seed: int, nodes: int = NODES) -> None:
    """Write a profile of stacks as programs have them: few ways in, calls that are taken mostly or seldom.

    The program is the same for every ``seed``; which paths are taken, and how often, is not.
    """
    program, chance = random.Random(20261121), random.Random(seed)
    message = profile_pb2.Profile(string_table=[b"", b"samples", b"count", b"cpu", b"nanoseconds"])
    message.sample_type.add(type=1, unit=2)
    message.sample_type.add(type=3, unit=4)
    message.mapping.add(id=1, memory_start=1 << 20, memory_limit=1 << 32, has_functions=True)
    count, table = 2_400, message.string_table
    for number in range(1, count + 1):
        package = int(90 * program.random() ** 2)
        kind = program.choice(["", f"(*Type{number % 40})."])
        table.append(b"example.com/module/internal/package%02d.%sFunction%d" % (package, kind.encode(), number))
        table.append(b"/src/example.com/module/internal/package%02d/file%d.go" % (package, number % 7))
        name = len(table) - 2
        message.function.add(id=number, name=name, system_name=name, filename=name + 1, start_line=number)
    calls = [[int(count * program.random() ** 1.6) for _ in range(program.randint(2, 7))] for _ in range(count)]
    places: dict[tuple[int, int], int] = {}

    def place(function: int, line: int) -> int:
        key = function, line
        if key not in places:
            places[key] = len(places) + 1
            there = message.location.add(id=places[key], mapping_id=1, address=(1 << 20) + 16 * len(places))
            there.line.add(function_id=function + 1, line=function + 1 + line)
        return places[key]

    seen: set[tuple[int, int]] = set()
    walks: list[list[int]] = []
    while len(seen) < nodes:
        # Most stacks leave one seen before somewhere near its end.
        known = chance.choice(walks) if walks and chance.random() < 0.98 else [chance.randrange(6)]
        walk = known[: max(1, int(len(known) * chance.triangular(0.5, 1, 0.95)))]
        for _ in range(min(130 - len(walk), int(chance.expovariate(0.12)))):
            own = calls[walk[-1]]
            walk.append(own[min(int(chance.expovariate(1.2)), len(own) - 1)])
        stack, path_hash = [], 0
        for function, callee in zip(walk, [*walk[1:], -1], strict=True):
            path_hash = hash((path_hash, function))
            seen.add((len(stack), path_hash))
            stack.append(place(function, calls[function].index(callee) + 1 if callee >= 0 else 0))
        walks.append(walk)
        ticks = 1 + int(chance.expovariate(0.7))
        message.sample.add(location_id=stack[::-1], value=[ticks, ticks * 10_000_000])
    path.write_bytes(gzip.compress(message.SerializeToString(), 6, mtime=0))


def build_site(folder: Path) -> tuple[Path, list[Subject]]:
    """Make a project of one run for each profile, and its site; the last two subjects are for comparing."""
    made = {name: folder / f"{name}.pb.gz" for name in ("made", "made-other")}
    for seed, path in enumerate(made.values()):
        if not path.exists():
            make_profile(path, seed)
    random_stacks = large_profile(folder)
    files = {"small": small_profile(), "random": random_stacks, **made}
    runs = {name: f"2026010{at}_000000-{name}" for at, name in enumerate(files, 1)}
    for name, path in files.items():
        place = folder / "house" / "profiles" / runs[name]
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place / "cpu.prof")
    words = [sys.executable, "-m", "pipeline", "site"]
    subprocess.run(words, cwd=folder / "house", env=_environment(), check=True, capture_output=True)
    site = folder / "house" / "build" / "site"
    return site, [_subject(site, name, path, runs[name]) for name, path in files.items()]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _subject(site: Path, name: str, path: Path, run: str) -> Subject:
    known = opened((site / "runs" / run / "profiles.js").read_bytes())["profiles"][0]["payload"]
    sizes = [_unwrapped_size(site / "data" / known[:2] / f"{known}{part}.js") for part in (".pfv", ".samples")]
    return Subject(name, path, run, len(read_tree(path)), known, sizes[0], sizes[1])


def _unwrapped_size(script: Path) -> int:
    return len(unwrapped(script.read_bytes()))


def fetch_peers(folder: Path) -> set[str]:
    """Install the peers there are on npm; says which could not be had."""
    npm = shutil.which("npm")
    if npm is None:
        print("npm is not installed: speedscope and flamebearer are left out")
        return set()
    folder.mkdir(parents=True, exist_ok=True)
    found = set()
    for name, version in PEERS.items():
        if not (folder / "node_modules" / name).is_dir():
            words = [npm, "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-save"]
            subprocess.run([*words, *(f"{one}@{of}" for one, of in PEERS.items())], capture_output=True, check=False)
        if (folder / "node_modules" / name).is_dir():
            found.add(name)
        else:
            print(f"npm could not install {name}@{version}: left out")
    return found


def flamebearer_page(package: Path, tree: CallTree, page: Path) -> None:
    """Fill flamebearer's own page with a call tree, as its command does."""
    script = (package / "viz.js").read_text("utf-8")
    text = (package / "index.html").read_text("utf-8")
    text = text.replace('<script src="viz.js"></script>', f"<script>{script}</script>")
    text = "".join(text.split("/* BIN_SPLIT */")[::2])
    names = json.dumps(["total", *tree.frames.name])
    total = int(tree.cum[tree.default_index][tree.parent < 0].sum())
    data = f"names = {names};\nlevels = {json.dumps(_levels(tree, total))};\nnumTicks = {total};"
    page.write_text(text.replace("/* BIN_PLACEHOLDER */", data), encoding="utf-8")


def _levels(tree: CallTree, total: int) -> list[list[int]]:
    """Lay out a tree as flamebearer has it: of every box in a level the gap before it, its width, its name."""
    cum, parent = tree.cum[tree.default_index].tolist(), tree.parent.tolist()
    levels, ends = [[0, total, 0]], [0]
    depth, place, inside = [0] * len(tree), [0] * len(tree), [0] * len(tree)
    at_root = 0
    for node, frame in enumerate(tree.frame.tolist()):
        above = parent[node]
        depth[node] = 1 if above < 0 else depth[above] + 1
        if depth[node] == len(levels):
            levels.append([])
            ends.append(0)
        place[node] = at_root if above < 0 else inside[above]
        inside[node] = place[node]
        if above < 0:
            at_root += cum[node]
        else:
            inside[above] += cum[node]
        levels[depth[node]] += [place[node] - ends[depth[node]], cum[node], frame + 1]
        ends[depth[node]] = place[node] + cum[node]
    return levels


def speedscope_pages(package: Path, folder: Path) -> None:
    """Copy speedscope's page where the profiles are; it loads what its address names."""
    shutil.copytree(package / "dist" / "release", folder, dirs_exist_ok=True)


class _Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def end_headers(self) -> None:
        # What measuring a page's memory asks for.
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        self.send_header("Cache-Control", "max-age=600")  # as GitHub Pages says
        super().end_headers()

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        body, is_packed = _packed(str(path), path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        if is_packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@functools.cache
def _packed(name: str, _changed: int) -> tuple[bytes, bool]:
    data = Path(name).read_bytes()
    if Path(name).suffix in {".html", ".js", ".css", ".json", ".svg", ".txt", ".xml"}:
        return gzip.compress(data, 6), True
    return data, False


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that was closed before it had read all."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder as a static host does; the value is the address, without a slash at its end."""
    with _Server(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder))) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@functools.cache
def pprof_program() -> str:
    """Find the program `go tool pprof` starts."""
    found = subprocess.run(["go", "tool", "-n", "pprof"], cwd=ROOT, capture_output=True, text=True, check=True)
    return found.stdout.strip()


@contextmanager
def serve_pprof(profile: Path) -> Iterator[str]:
    """Run pprof's own web server on a profile."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = [pprof_program(), f"-http={address}", "-no_browser", str(profile)]
    running = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://{address}/ui/top")
        yield f"http://{address}"
    finally:
        running.terminate()
        running.wait()


def _wait_for(address: str) -> None:
    """Wait until a server answers; it has read its profile by then."""
    for _ in range(600):
        try:
            urllib.request.urlopen(address, timeout=60).read()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"{address} does not answer")
