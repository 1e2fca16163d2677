"""A pprof service for tests, run as a script: ``fakeservice.py PORT [--old-go] [--die-after N] [--deaf] [--cut S]``.

Answers ``/health`` and ``/debug/pprof/KIND`` with a small profile; ``/profile`` takes its seconds. ``--old-go`` has no
goroutineleak, ``--deaf`` never becomes ready, ``--die-after N`` ends after N profiles, ``--cut S`` ends CPU profiles
early, ``--slow S`` takes its time for a heap. A CPU profile tells when it was taken and for how long.
"""

from __future__ import annotations

import argparse
import gzip
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

# A whole profile, written out so that the service starts without importing the codec: no samples, one type.
RAW = b"\x0a\x04\x08\x01\x10\x02\x32\x00\x32\x07samples\x32\x05count"
EMPTY = gzip.compress(RAW, mtime=0)
CPU = threading.Lock()
served = 0


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def window(seconds: float) -> bytes:
    """Let some time pass; gives the profile of it."""
    began, start = time.time_ns(), time.monotonic_ns()
    time.sleep(seconds)
    return gzip.compress(RAW + b"\x48" + varint(began) + b"\x50" + varint(time.monotonic_ns() - start), mtime=0)


class Handler(BaseHTTPRequestHandler):
    options: argparse.Namespace

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        global served  # noqa: PLW0603
        parts = urlsplit(self.path)
        kind = parts.path.rpartition("/")[2]
        if kind == "health":
            return self.answer(503 if self.options.deaf else 200, b"ok")
        if not parts.path.startswith("/debug/pprof/") or (kind == "goroutineleak" and self.options.old_go):
            return self.answer(404, b"Unknown profile\n", X_Go_Pprof="1")
        body = EMPTY
        if kind == "heap":
            time.sleep(self.options.slow)
        if kind == "profile":
            if not CPU.acquire(blocking=False):
                return self.answer(
                    500, b"Could not enable CPU profiling: cpu profiling already in use\n", X_Go_Pprof="1"
                )
            try:
                body = window(min(float(parse_qs(parts.query)["seconds"][0]), self.options.cut))
            finally:
                CPU.release()
        self.answer(200, body)
        served += 1
        if served == self.options.die_after:
            os._exit(7)
        return None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--old-go", action="store_true")
    parser.add_argument("--deaf", action="store_true")
    parser.add_argument("--die-after", type=int, default=-1)
    parser.add_argument("--cut", type=float, default=1e9)
    parser.add_argument("--slow", type=float, default=0)
    parser.add_argument("--variant", default="")
    Handler.options = parser.parse_args()
    print("serving", Handler.options.variant, "with password=hunter2", os.environ.get("FAKE", ""), flush=True)
    ThreadingHTTPServer(("127.0.0.1", Handler.options.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
