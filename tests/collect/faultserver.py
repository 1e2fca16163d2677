"""A pprof server that misbehaves: the first part of the path names the fault, so every URL is one case.

`FaultServer` listens on a free port of 127.0.0.1; each connection is handled by a thread that ends with the server.
With ``tls`` it speaks TLS, with ``mutual`` it wants a certificate of the client too; ``deaf`` never answers anything.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tests.builders import pprof_bytes

CERTIFICATES = Path(__file__).parent.parent / "data" / "tls"
HTTP_ON_TLS = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
GOOD = pprof_bytes([(("main.main", f"main.work{number}"), (number, number * 1000)) for number in range(40)])
PLAIN = gzip.decompress(GOOD)
IN_USE = b"Could not enable CPU profiling: cpu profiling already in use\n"
LOGIN = b"<!DOCTYPE html><html><title>Log in</title><body><form>password</form></body></html>"

Reply = Iterator[bytes | float | str]
"""Bytes are sent, numbers are pauses, ``"reset"`` ends the connection with a RST."""


def head(status: str = "200 OK", **headers: object) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def whole(body: bytes, status: str = "200 OK", **headers: object) -> Reply:
    yield head(status, Content_Length=len(body), Connection="close", **headers) + body


def drip(before: bytes, what: bytes) -> Reply:
    yield before
    for _ in range(100_000):
        yield what
        yield 0.05


def endless(before: bytes, block: bytes) -> Reply:
    yield before
    while True:
        yield block


def then(*parts: bytes | float | str) -> Reply:
    yield from parts


def _bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(64)) + packer.flush()


BOMB = _bomb()
OCTETS = {"Content_Type": "application/octet-stream"}
FAULTS: dict[str, Callable[[], Reply]] = {
    "good": lambda: whole(GOOD, **OCTETS),
    "plain": lambda: whole(PLAIN, **OCTETS),
    "text_type": lambda: whole(GOOD, Content_Type="text/html"),
    "chunked": lambda: then(head(Transfer_Encoding="chunked"), b"%x\r\n" % len(GOOD) + GOOD + b"\r\n0\r\n\r\n"),
    "not_found": lambda: whole(b"<html>404 page not found</html>", "404 Not Found", Content_Type="text/html"),
    "method": lambda: whole(b"Method Not Allowed\n", "405 Method Not Allowed"),
    "forbidden": lambda: whole(b"token=hunter2 rejected\n", "403 Forbidden"),
    "conflict": lambda: whole(IN_USE, "500 Internal Server Error", X_Go_Pprof="1"),
    "broken": lambda: whole(b"panic\x1b[31m\n", "500 Internal Server Error"),
    "retry_after": lambda: whole(b"", "503 Service Unavailable", Retry_After="100000"),
    "hang_503": lambda: then(head("503 Service Unavailable", Content_Length=10), 3600.0),
    "no_content": lambda: then(head("204 No Content", Connection="close")),
    "hang": lambda: then(3600.0),
    "hang_body": lambda: then(head(Content_Length=len(GOOD)), 3600.0),
    "drip_body": lambda: drip(head(Content_Length=100_000), b"\x1f"),
    "drip_chunk": lambda: drip(head(Transfer_Encoding="chunked"), b"1"),
    "drip_headers": lambda: drip(b"HTTP/1.1 200 OK\r\nX-A: ", b"a"),
    "close": then,
    "reset": lambda: then(head(Content_Length=len(GOOD)) + GOOD[:100], 0.1, "reset"),
    "reset_early": lambda: then("reset"),
    "short": lambda: then(head(Content_Length=len(GOOD)) + GOOD[:100]),
    "chunk_cut": lambda: then(head(Transfer_Encoding="chunked"), b"%x\r\n" % len(GOOD) + GOOD[:100]),
    "chunk_no_end": lambda: then(head(Transfer_Encoding="chunked"), b"%x\r\n" % len(GOOD) + GOOD + b"\r\n"),
    "chunk_bad": lambda: then(head(Transfer_Encoding="chunked"), b"zz\r\n" + GOOD),
    "gzip_cut": lambda: whole(GOOD[:100], **OCTETS),
    "no_length_cut": lambda: then(head(Connection="close") + GOOD[:100]),
    "loop": lambda: whole(b"", "302 Found", Location="/loop/debug/pprof/heap"),
    "to_metadata": lambda: whole(b"", "302 Found", Location="http://user:pw@169.254.169.254/latest?token=x"),
    "to_file": lambda: whole(b"", "301 Moved", Location="file:///etc/passwd"),
    "redirect_endless": lambda: endless(head("302 Found", Location="/good", Connection="close"), bytes(1 << 16)),
    "endless": lambda: endless(head(Connection="close"), bytes(1 << 16)),
    "announced": lambda: then(head(Content_Length=1 << 40), 3600.0),
    "encoded": lambda: whole(gzip.compress(GOOD), Content_Encoding="gzip"),
    "encoded_not": lambda: whole(b"not gzip at all", Content_Encoding="gzip"),
    "encoded_cut": lambda: whole(gzip.compress(PLAIN)[:200], Content_Encoding="gzip"),
    "encoded_odd": lambda: whole(GOOD, Content_Encoding="zstd"),
    "encoded_bomb": lambda: whole(BOMB, Content_Encoding="gzip"),
    "bomb": lambda: whole(BOMB, **OCTETS),
    "big_header": lambda: then(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\nContent-Length: 0\r\n\r\n"),
    "many_headers": lambda: then(
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(200)) + b"\r\n"
    ),
    "garbage": lambda: then(b"\x00\x01\x02 not http\r\n\r\n"),
    "text_200": lambda: whole(b"404 page not found\n", Content_Type="text/plain"),
    "empty": lambda: whole(b"", **OCTETS),
    "login": lambda: whole(LOGIN, Content_Type="text/html"),
}


def server_context(*, mutual: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(CERTIFICATES / "ca.pem")
    return context


class FaultServer:
    """Serve the faults until closed; ``asked`` counts requests by fault, ``paths`` keeps what was asked for."""

    def __init__(self, *, tls: bool = False, mutual: bool = False, deaf: bool = False) -> None:
        self._context = server_context(mutual=mutual) if tls or mutual else None
        self._deaf = deaf
        self._cpu = threading.Lock()
        self.overlaps = 0
        self.asked: Counter[str] = Counter()
        self.paths: list[str] = []
        self.requests: list[bytes] = []
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, fault: str) -> str:
        return f"http{'s' if self._context else ''}://127.0.0.1:{self.port}/{fault}"

    def close(self) -> None:
        self._over.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            if self._deaf:
                self._over.wait()
            elif self._context is None:
                self._answer(connection)
            elif connection.recv(1, socket.MSG_PEEK) != b"\x16":
                connection.sendall(HTTP_ON_TLS)
                connection.recv(4096)
            else:
                with suppress(OSError), self._context.wrap_socket(connection, server_side=True) as secure:
                    self._answer(secure)

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                request = b""
                while b"\r\n\r\n" not in request:
                    more = connection.recv(4096)
                    if not more:
                        return
                    request += more
                    if request[0] == 0x16:  # a TLS hello: answer as Go's plain server does
                        connection.sendall(head("400 Bad Request"))
                        return
                path = request.split(b" ")[1].decode()
                fault = path.strip("/").split("/")[0]
                self.asked[fault] += 1
                self.paths.append(path)
                self.requests.append(request)
                self._send(connection, self._reply(fault))
            except OSError:
                return

    def _reply(self, fault: str) -> Reply:
        if fault == "flap":
            return whole(GOOD) if self.asked[fault] % 3 == 0 else whole(b"", "503 Service Unavailable")
        if fault == "once_at_a_time":
            return self._alone()
        if fault == "conflict_once":
            if self.asked[fault] == 1:
                return whole(IN_USE, "500 Internal Server Error", X_Go_Pprof="1")
            return whole(GOOD)
        return FAULTS.get(fault, FAULTS["not_found"])()

    def _alone(self) -> Reply:
        """A CPU profile that takes a while; one that begins meanwhile is counted in ``overlaps``."""
        if not self._cpu.acquire(blocking=False):
            self.overlaps += 1
            yield from whole(IN_USE, "500 Internal Server Error", X_Go_Pprof="1")
            return
        try:
            yield 0.3
        finally:
            self._cpu.release()
        yield from whole(GOOD)

    def _send(self, connection: socket.socket, reply: Reply) -> None:
        for part in reply:
            if isinstance(part, bytes):
                connection.sendall(part)
            elif part == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            elif self._over.wait(float(part)):
                return
