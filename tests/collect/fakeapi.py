"""A Kubernetes API server for tests, as small as a real kubectl allows: pods, deployments, and port-forward over SPDY.

It answers discovery, ``get`` of one namespace, its deployment and pods, and upgrades ``portforward`` to SPDY/3.1 (draft
3: frames of streams, headers packed with the dictionary of the draft), each stream a TCP connection to the pod's
``target``. Pods are those of a `FakeCluster`; a forward is cut when its pod is gone or replaced.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any

from tests.collect.fakekubectl import manifest

_NAMES = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow "
    "authorization cache-control connection content-base content-encoding content-language content-length "
    "content-location content-md5 content-range content-type date etag expect expires from host if-match "
    "if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma "
    "proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade "
    "user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie "
    "keep-alive origin"
)
_TEXT = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
    "404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug "
    "Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,"
    "application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdch"
    "charset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY = (
    b"".join(struct.pack(">I", len(name)) + name.replace("_", " ").encode() for name in _NAMES.split()) + _TEXT.encode()
)
SYN_STREAM, SYN_REPLY, RST_STREAM, PING, GOAWAY = 1, 2, 3, 6, 7
FIN = 1


class Spdy:
    """The server's end of one SPDY connection: streams in pairs, ``data`` and ``error``."""

    def __init__(self, reader: BufferedIOBase, connection: socket.socket, target: Callable[[], int | None]) -> None:
        self._reader, self._connection, self._target = reader, connection, target
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._deflate = zlib.compressobj(zdict=DICTIONARY)
        self._lock = threading.Lock()
        self._inner: dict[int, socket.socket] = {}
        self._errors: dict[str, int] = {}

    def serve(self) -> None:
        with suppress(OSError, ValueError, struct.error):
            while head := self._reader.read(8):
                first, second = struct.unpack(">II", head)
                flags, body = second >> 24, self._reader.read(second & 0xFFFFFF)
                if first >> 31:
                    self._control(first & 0xFFFF, body)
                else:
                    self._data(first, flags, body)

    def _control(self, kind: int, body: bytes) -> None:
        if kind == PING:
            self._send(struct.pack(">HHI", 0x8003, PING, len(body)) + body)
        elif kind == SYN_STREAM:
            stream = struct.unpack(">I", body[:4])[0] & 0x7FFFFFFF
            asked = self._headers(body[10:])
            with self._lock:
                reply = self._deflate.compress(struct.pack(">I", 0)) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                frame = struct.pack(">HHII", 0x8003, SYN_REPLY, 4 + len(reply), stream) + reply
                self._connection.sendall(frame)
            if asked["streamtype"] == "error":
                self._errors[asked["requestid"]] = stream
            else:
                self._open(stream, self._errors.get(asked["requestid"], 0))
        elif kind == RST_STREAM and (inner := self._inner.get(struct.unpack(">I", body[:4])[0])) is not None:
            inner.close()

    def _headers(self, packed: bytes) -> dict[str, str]:
        plain, at = self._inflate.decompress(packed), 4
        words = []
        while at < len(plain):
            (length,) = struct.unpack_from(">I", plain, at)
            words.append(plain[at + 4 : at + 4 + length].decode())
            at += 4 + length
        return dict(zip(words[::2], words[1::2], strict=True))

    def _open(self, stream: int, errors: int) -> None:
        try:
            inner = socket.create_connection(("127.0.0.1", self._target() or 1))
        except OSError:
            self._frame(errors, b"connection refused", FIN)
            self._frame(stream, b"", FIN)
            return
        self._inner[stream] = inner
        threading.Thread(target=self._pump, args=(stream, errors, inner), daemon=True).start()

    def _pump(self, stream: int, errors: int, inner: socket.socket) -> None:
        with suppress(OSError):
            while data := inner.recv(32768):
                self._frame(stream, data)
            self._frame(stream, b"", FIN)
            self._frame(errors, b"", FIN)
        inner.close()

    def _data(self, stream: int, flags: int, body: bytes) -> None:
        inner = self._inner.get(stream)
        with suppress(OSError):
            if inner is not None and body:
                inner.sendall(body)
            if inner is not None and flags & FIN:
                inner.shutdown(socket.SHUT_WR)

    def _frame(self, stream: int, data: bytes, flags: int = 0) -> None:
        self._send(struct.pack(">II", stream, flags << 24 | len(data)) + data)

    def _send(self, frame: bytes) -> None:
        with self._lock:
            self._connection.sendall(frame)


def _resource(name: str, kind: str, *, namespaced: bool = True) -> dict[str, Any]:
    return {
        "name": name,
        "singularName": "",
        "kind": kind,
        "namespaced": namespaced,
        "verbs": ["get", "list", "create"],
    }


_APPS = {"groupVersion": "apps/v1", "version": "v1"}
_DISCOVERY: dict[str, dict[str, Any]] = {
    "/version": {"major": "1", "minor": "32", "gitVersion": "v1.32.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [{"name": "apps", "versions": [_APPS], "preferredVersion": _APPS}],
    },
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [_resource("pods", "Pod"), _resource("namespaces", "Namespace", namespaced=False)],
    },
    "/apis/apps/v1": {
        "kind": "APIResourceList",
        "groupVersion": "apps/v1",
        "resources": [_resource("deployments", "Deployment")],
    },
    "/api/v1/namespaces/shop": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
    "/apis/apps/v1/namespaces/shop/deployments/api": {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "shop"}}},
    },
}
_PODS = "/api/v1/namespaces/shop/pods"


class FakeApi:
    """The API server; ``state`` gives the pods, ``asked`` lists what was asked."""

    def __init__(self, state: Callable[[], dict[str, Any]]) -> None:
        self.asked: list[str] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Stay silent."""

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                api.asked.append(f"{self.command} {path} {self.headers.get('Upgrade', '')}".strip())
                if path in _DISCOVERY:
                    self.answer(200, _DISCOVERY[path])
                elif path == _PODS:
                    items = [pod_value(pod) for pod in state()["pods"]]
                    self.answer(200, {"apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": items})
                elif path.startswith(f"{_PODS}/"):
                    self.pod(*path.removeprefix(f"{_PODS}/").partition("/")[::2])
                else:
                    self.missing(path)

            def do_POST(self) -> None:
                self.do_GET()

            def pod(self, name: str, verb: str) -> None:
                pod = find(state(), name)
                if pod is None:
                    self.missing(f'pods "{name}"')
                elif not verb:
                    self.answer(200, pod_value(pod))
                elif self.headers.get("Upgrade", "").upper() == "SPDY/3.1":
                    self.forward(name, pod["uid"])
                else:
                    self.answer(400, {"kind": "Status", "status": "Failure", "message": "only SPDY here", "code": 400})

            def forward(self, name: str, uid: str) -> None:
                self.send_response(101)
                self.send_header("Connection", "Upgrade")
                self.send_header("Upgrade", "SPDY/3.1")
                self.send_header("X-Stream-Protocol-Version", "portforward.k8s.io")
                self.end_headers()
                self.close_connection = True

                def cut() -> None:
                    while (pod := find(state(), name)) is not None and pod["uid"] == uid:
                        time.sleep(0.05)
                    with suppress(OSError):
                        self.connection.shutdown(socket.SHUT_RDWR)

                threading.Thread(target=cut, daemon=True).start()
                Spdy(self.rfile, self.connection, lambda: (find(state(), name) or {}).get("target")).serve()

            def missing(self, what: str) -> None:
                status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
                self.answer(404, status | {"message": f"{what} not found"})

            def answer(self, status: int, value: dict[str, Any]) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def find(state: dict[str, Any], name: str) -> dict[str, Any] | None:
    return next((pod for pod in state["pods"] if pod["name"] == name), None)


def pod_value(pod: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod"} | manifest(pod)
