"""How well a slowdown of known size is found, and how often one is seen where there is none.

    python -m tests.bench.planted --pool DIR --bin DIR --rounds 20 --slow codec.Encode --percent 5 10 20
    python -m tests.bench.planted --pool DIR --resamples 100

With ``--bin`` (a folder with the demo's ``eventstore`` and ``loadgen``) a pool is collected: in each round one run of
every size, in turn forwards and backwards, size 0 being the base. Without it the pool is judged: groups are drawn from
it without replacement, again and again from a fixed seed, and compared as the site compares them.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Final

_FETCH: Final = (("heap", "heap?gc=1"), ("allocs", "allocs?gc=1"))


def main(words: Sequence[str]) -> int:
    """Collect a pool, or judge it."""
    parser = argparse.ArgumentParser(description="planted slowdowns: power, false findings, culprits")
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--bin", type=Path, help="collect with these programs")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--percent", type=int, nargs="+", default=[5, 10, 20])
    parser.add_argument("--slow", default="codec.Encode")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one load; the CPU profile is 1 s shorter")
    parser.add_argument("--resamples", type=int, default=100)
    parser.add_argument("--size", type=int, default=10, help="runs a side")
    options = parser.parse_args(words)
    if options.bin:
        collect(options)
        return 0
    from tests.bench._planted_judge import judge_pool

    return judge_pool(options.pool, slow=options.slow, resamples=options.resamples, size=options.size)


def collect(options: argparse.Namespace) -> None:
    """Take all rounds; runs that are there already are kept, so that an interrupted collection goes on."""
    sizes = [0, *options.percent]
    for turn in range(options.rounds):
        for percent in sizes if turn % 2 == 0 else sizes[::-1]:
            folder = options.pool / f"r{turn:03d}-p{percent}"
            if not folder.exists():
                slow = [f"--slow={options.slow}:{percent}"] if percent else []
                _take(folder, options.bin, slow, options.seconds)
                print(folder.name, flush=True)


def _take(folder: Path, programs: Path, slow: list[str], seconds: float) -> None:
    """Take one run: profiles before, a load with a CPU profile inside, profiles after."""
    staging = folder.with_name(f"staging-{folder.name}")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(programs / "eventstore"), "--variant=baseline", f"--port={port}", *slow]
    service = subprocess.Popen(command, env={"GOMAXPROCS": "1"}, stderr=subprocess.DEVNULL)
    try:
        _wait(url)
        _snapshot(url, staging, "before")
        window = int(seconds) - 1
        cpu = Thread(target=_save, args=(f"{url}/debug/pprof/profile?seconds={window}", staging / "cpu.prof"))
        load = ["--url", url, "--duration", f"{seconds}s", "--workers", "2", "--profile-dir", str(staging)]
        running = subprocess.Popen([str(programs / "loadgen"), *load], stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        cpu.start()
        if running.wait(timeout=60) != 0:
            raise SystemExit(f"the load failed: {load}")
        cpu.join()
        _snapshot(url, staging, "after")
    finally:
        service.terminate()
        service.wait()
    staging.rename(folder)


def _snapshot(url: str, folder: Path, phase: str) -> None:
    for kind, path in _FETCH:
        _save(f"{url}/debug/pprof/{path}", folder / f"{kind}-{phase}.prof")


def _save(url: str, path: Path) -> None:
    with urllib.request.urlopen(url, timeout=60) as answer:
        path.write_bytes(answer.read())


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{url}/health", timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit("the service did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
