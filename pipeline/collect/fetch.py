"""One HTTP request that always ends: the only door to requests and urllib3.

Rules: one deadline holds for the whole request, from name lookup to the last byte, and is kept by the caller's thread,
which closes the socket when it passes; a dripping server cannot outlive it. No redirects, no netrc, a proxy only where
the settings ask for it, no content decoding behind our back, no more bytes than allowed. Every failure is a
`FetchError` with a code of `collect.faults`; texts of exceptions are never shown: they may hold secrets.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from typing import Any, Final

from pipeline.collect.credentials import OPEN, Access
from pipeline.collect.faults import FetchError
from pipeline.collect.secrets import printable, safe_url

CONNECT_SECONDS: Final = 2.0
_CHUNK: Final = 1 << 16
_ERROR_TEXT_BYTES: Final = 2048
_POLL: Final = 0.05
_CURES: Final = {
    "refused": "Is the service running, and is this its port?",
    "dns": "Check the host name.",
    "redirect": "Write the final address into the component's url.",
    "tls": "Check the scheme; trust its authority with ca_file; it may want a cert_file of ours.",
    "http_401": "Give the component a bearer_env, basic_user or headers_env.",
    "http_403": "Give the component a bearer_env, basic_user or headers_env that has the right.",
    "http_404": "Mount net/http/pprof at this path, or correct the component's url.",
    "conflict": "Stop the other CPU profile of this process, or try again later.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A response with status 200 and its whole body, as sent; ``encoding`` is its content encoding, if any.

    ``skew`` is how many seconds the server's clock is ahead of ours (behind, when negative), as far as its Date header
    proves it.
    """

    body: bytes
    encoding: str = ""
    skew: float = 0.0


def get(
    url: str,
    *,
    deadline: float,
    max_bytes: int,
    idle: float | None = None,
    stop: threading.Event | None = None,
    access: Access = OPEN,
) -> Answer:
    """Request a URL once; ends within ``deadline`` seconds, or soon after ``stop`` is set.

    ``idle`` is the longest silence allowed, ``access`` what the request is sent with. Raises FetchError.
    """
    import requests  # noqa: F401 - loaded before the deadline begins to run

    call = _Call(url, max_bytes, min(CONNECT_SECONDS, deadline), min(idle or deadline, deadline), access)
    end = time.monotonic() + deadline
    threading.Thread(target=call.run, daemon=True, name="profbook-fetch").start()
    verdict = ""
    try:
        while not verdict and not call.done.wait(min(_POLL, max(0.0, end - time.monotonic()))):
            verdict = "interrupted" if stop and stop.is_set() else "timeout" if time.monotonic() >= end else ""
    finally:
        call.abort()
    if call.status not in {None, 200}:
        raise call.http_error()
    if verdict:
        said = "collecting was stopped" if verdict == "interrupted" else f"not done after {round(deadline, 1):g} s"
        raise FetchError(verdict, f"{said}: {call.name}")
    if call.fault is not None:
        raise call.fault
    return Answer(bytes(call.body), call.headers.get("content-encoding", "").strip().lower(), call.skew())


class _Call:
    """One request, run in a thread of its own; whoever waits for it may abort it at any time."""

    def __init__(self, url: str, max_bytes: int, connect: float, idle: float, access: Access) -> None:
        self.url = url
        self.access = access
        self.begun = self.answered = time.time()
        self.name = safe_url(url)
        self.max_bytes = max_bytes
        self.timeouts = (connect, idle)
        self.done = threading.Event()
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.fault: FetchError | None = None
        self._sockets: list[socket.socket] = []
        self._aborted = False
        self._lock = threading.Lock()

    def run(self) -> None:
        """Do the request; leaves the outcome in the fields."""
        try:
            self._request()
        except FetchError as fault:
            self.fault = fault
        except Exception as error:  # noqa: BLE001 - the last line: every failure becomes a code
            self.fault = _fault_of(error, self.name, begun=self.status is not None)
        finally:
            self.done.set()

    def abort(self) -> None:
        """Close the connection under the request; a connection made later is closed at once."""
        with self._lock:
            self._aborted = True
            while self._sockets:
                with self._sockets.pop() as twin, suppress(OSError):
                    twin.shutdown(socket.SHUT_RDWR)

    def connected(self, made: socket.socket) -> None:
        """Take note of a socket, so that it can be closed from outside.

        A twin is kept: TLS takes the socket object apart, and shutting down a twin ends the connection of both.
        """
        with self._lock:
            if self._aborted:
                made.close()
                raise TimeoutError
            self._sockets.append(made.dup())

    def _request(self) -> None:
        import requests

        with requests.Session() as session:
            session.trust_env = False
            prepared = session.prepare_request(
                requests.Request(
                    "GET", self.url, headers={"Accept": "*/*", **self.access.headers, "Accept-Encoding": "identity"}
                )
            )
            if "Authorization" in self.access.headers:
                # A user name in the URL would have replaced it.
                prepared.headers["Authorization"] = self.access.headers["Authorization"]
            # The adapter is used alone: Session.send reads the body of a redirect into memory even when told
            # not to follow it.
            with closing(_adapter(self)) as adapter:
                response = adapter.send(
                    prepared,
                    stream=True,
                    timeout=self.timeouts,
                    verify=not self.access.insecure and (self.access.ca_file or True),
                    # The key is named even when it is in the certificate's file: an encrypted one is then refused
                    # instead of asked for at the terminal.
                    cert=(self.access.cert_file, self.access.key_file or self.access.cert_file)
                    if self.access.cert_file
                    else None,
                    proxies=requests.utils.get_environ_proxies(self.url) if self.access.proxy else {},
                )
                try:
                    self._take(response)
                finally:
                    response.raw.close()

    def _take(self, response: Any) -> None:
        self.headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
        self.answered = time.time()
        self.status = response.status_code
        limit = self.max_bytes if self.status == 200 else _ERROR_TEXT_BYTES
        declared = self.headers.get("content-length", "")
        if self.status == 200 and declared.isdigit() and int(declared) > limit:
            raise FetchError("too_large", f"{declared} bytes announced, {limit} allowed: {self.name}")
        if 300 <= response.status_code < 400:
            return
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            self.body += chunk
            if len(self.body) > limit:
                if self.status == 200:
                    raise FetchError("too_large", f"more than {limit} bytes: {self.name}")
                return

    def http_error(self) -> FetchError:
        """Say what an answer that is not 200 means."""
        status = self.status or 0
        if 300 <= status < 400:
            target = printable(self.access.hide(safe_url(self.headers.get("location", ""))), 80)
            return FetchError("redirect", f"{self.name} redirects to {target}", cure=_CURES["redirect"])
        text = printable(self.access.hide(bytes(self.body[:_ERROR_TEXT_BYTES]).decode("utf-8", "replace")))
        said = f"{self.name} answers {status}{f': “{text}”' if text else ''}"
        if status == 500 and "x-go-pprof" in self.headers and "already in use" in text:
            return FetchError("conflict", said, cure=_CURES["conflict"])
        code = f"http_{status}"
        return FetchError(code, said, cure=_CURES.get(code, ""), retry_after=self._retry_after())

    def skew(self) -> float:
        """Say how far the server's clock is ahead of ours, in seconds; 0 when it need not be.

        The header was written at some moment between our question and its answer, and has whole seconds.
        """
        sent = parsedate_tz(self.headers.get("date", ""))
        with suppress(ValueError, OverflowError):
            if sent is not None:
                moment = mktime_tz(sent)
                return max(0.0, moment - self.answered) or min(0.0, moment + 1 - self.begun)
        return 0.0

    def _retry_after(self) -> float | None:
        text = self.headers.get("retry-after", "").strip()
        if text.isdigit():
            return float(text[:9])
        moment, sent = parsedate_tz(text), parsedate_tz(self.headers.get("date", ""))
        with suppress(ValueError, OverflowError):
            if moment is not None:
                return max(0.0, mktime_tz(moment) - (mktime_tz(sent) if sent else time.time()))
        return None


def _adapter(call: _Call) -> Any:
    """Make a requests adapter whose connections report their sockets to the call."""
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class PlainConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            made = super()._new_conn()
            call.connected(made)
            return made

    class SecureConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            made = super()._new_conn()
            call.connected(made)
            return made

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureConnection

        def _validate_conn(self, conn: Any) -> None:
            # As urllib3 has it, without its warning: an unchecked certificate is a Finding of the run.
            if conn.is_closed:
                conn.connect()

    pools = {"http": PlainPool, "https": SecurePool}

    class Adapter(HTTPAdapter):
        def proxy_manager_for(self, *words: Any, **options: Any) -> Any:
            manager = super().proxy_manager_for(*words, **options)
            manager.pool_classes_by_scheme = pools
            return manager

    adapter = Adapter(max_retries=0)
    adapter.poolmanager.pool_classes_by_scheme = pools
    return adapter


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk an exception and everything it wraps."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (getattr(cause, "reason", None), cause.__cause__, cause.__context__, *cause.args)
        waiting += [part for part in inner if isinstance(part, BaseException)]


def _fault_of(error: BaseException, name: str, *, begun: bool) -> FetchError:
    """Map any exception of the libraries below to a code."""
    from urllib3.exceptions import NameResolutionError, SSLError
    from urllib3.exceptions import TimeoutError as PoolTimeout

    causes = tuple(_causes(error))

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if has(ssl.SSLError, SSLError):
        code, said = "tls", "no TLS connection with"
    elif has(socket.gaierror, NameResolutionError):
        code, said = "dns", "no address is known for"
    elif has(ConnectionRefusedError):
        code, said = "refused", "nobody listens at"
    elif has(TimeoutError, PoolTimeout) and not has(http.client.IncompleteRead):
        code, said = "timeout", "silence for too long from"
    elif has(ConnectionError):
        code, said = "reset", "connection closed by"
    elif has(http.client.IncompleteRead):
        code, said = "truncated", "answer cut short by"
    elif has(http.client.HTTPException) or not has(OSError):
        code, said = ("truncated", "answer cut short by") if begun else ("protocol", "not an HTTP answer from")
    else:
        code, said = "unreachable", "no way to"
    return FetchError(code, f"{said} {name}", cure=_CURES.get(code, ""))


def plain_body(answer: Answer, max_bytes: int) -> bytes:
    """Undo one layer of gzip or deflate that a server or proxy added unasked; never more than ``max_bytes``."""
    if answer.encoding in {"", "identity"}:
        return answer.body
    windows = {"gzip": 31, "x-gzip": 31, "deflate": 15}.get(answer.encoding)
    if windows is None:
        raise FetchError("encoding", f"content encoding {printable(answer.encoding, 20)!r} was not asked for")
    unpacker = zlib.decompressobj(windows)
    try:
        body = unpacker.decompress(answer.body, max_bytes + 1)
    except zlib.error as error:
        raise FetchError("encoding", f"the body is not {answer.encoding}, as its header says") from error
    if len(body) > max_bytes:
        raise FetchError("too_large", f"unpacks to more than {max_bytes} bytes")
    if not unpacker.eof:
        raise FetchError("truncated", f"the {answer.encoding} encoding of the body ends early")
    return body
