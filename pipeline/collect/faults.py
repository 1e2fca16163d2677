"""What can go wrong with one fetch, by a stable code.

    refused dns unreachable    nobody answers at this address
    reset                      the connection was closed before or during the answer
    timeout                    no byte for too long, or the deadline passed
    truncated                  the answer ended before its declared end
    http_NNN                   an answer that is not 200
    conflict                   another CPU profile of the same process is being taken
    redirect                   redirects are not followed
    too_large                  more bytes than allowed, before or after unpacking
    encoding                   a content encoding that was not asked for and cannot be undone
    protocol                   not HTTP, or headers beyond all bounds
    tls                        the TLS handshake failed
    not_memstats               a heap profile in text form without runtime.MemStats
    not_a_trace                an answer that is no execution trace
    interrupted                collecting was stopped meanwhile
    not_started                the service is not ready
    forward_down               no port-forward leads to a pod of the component

A file may also be missing as ``load_ended`` (the CPU profile was not due before the load ended), ``missed_tick``,
``disk_full`` or ``write_failed``.

Rules: codes of the decode room (``empty``, ``not_a_profile``, ``gzip_truncated``, …) travel unchanged. A message never
holds userinfo, a query, or unprintable text of the server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.errors import ProfbookError
from pipeline.model.run import FileStatus

RETRIED: Final = frozenset({
    "refused", "dns", "unreachable", "reset", "timeout", "truncated", "conflict", "gzip_truncated", "gzip_crc",
    "proto_corrupt", "http_408", "http_425", "http_429", "http_500", "http_502", "http_503", "http_504",
})  # fmt: skip
_NO_BODY: Final = frozenset({
    "refused", "dns", "unreachable", "reset", "timeout", "truncated", "conflict", "redirect", "protocol", "tls",
    "interrupted", "not_started", "forward_down",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a fetch; ``code`` is empty when it succeeded, ``seconds`` how long it took."""

    code: str
    message: str
    seconds: float


class FetchError(ProfbookError):
    """A profile could not be fetched; ``code`` is stable, ``attempts`` tells what was tried.

    ``retry_after`` is what the server asked for, in seconds.
    """

    def __init__(self, code: str, message: str, *, cure: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, cure=cure)
        self.code = code
        self.retry_after = retry_after
        self.attempts: tuple[Attempt, ...] = ()

    @property
    def status(self) -> FileStatus:
        """``missing`` when no profile came, ``refused`` when what came cannot be trusted."""
        return "missing" if self.code in _NO_BODY or self.code.startswith("http_") else "refused"
