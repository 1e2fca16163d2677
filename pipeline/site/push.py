"""Sending profiles to a profile store: Pyroscope's ``/ingest`` and Parca's ``WriteRaw`` over HTTP.

Rules: one request for each profile, with a deadline; nothing is followed or repeated. A token comes from the
environment and goes into the header alone; messages show neither it nor userinfo. Parca wants ids in sequence,
as our encoder writes them.

Source: grafana.com/docs/pyroscope, "Server HTTP API"; parca.profilestore.v1alpha1.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from pipeline.errors import SiteError, UsageError
from pipeline.render import encode

_SECONDS: Final = 60
_ANSWER_BYTES: Final = 4096
_BOUNDARY: Final = "profbook-boundary-7f3a9c"
_PARCA_NAMES: Final = {"cpu": "process_cpu", "heap": "memory", "allocs": "memory"}


@dataclass(frozen=True, slots=True)
class Pushed:
    """One profile to send: profile.proto bytes, what it is of, and its start and end in nanoseconds."""

    data: bytes
    component: str
    kind: str
    labels: Mapping[str, str]
    start: int
    end: int


def push(store: str, url: str, profile: Pushed, *, token: str = "") -> None:
    """Send one profile to ``store`` (``pyroscope`` or ``parca``). Raises SiteError when it is not taken."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.query:
        raise UsageError(
            "--to must be an http or https address without user, password and query",
            cure="Put a token into PROFBOOK_PUSH_TOKEN.",
        )
    path, body, kind = _pyroscope(profile) if store == "pyroscope" else _parca(profile)
    headers = {"Content-Type": kind, "User-Agent": "profbook"} | ({"Authorization": f"Bearer {token}"} if token else {})
    door = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = door(parts.hostname, parts.port, timeout=_SECONDS)
    where = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"
    try:
        connection.request("POST", parts.path.rstrip("/") + path, body, headers)
        answer = connection.getresponse()
        told = answer.read(_ANSWER_BYTES).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise SiteError(f"{where} did not take the profile: {type(error).__name__}", cure="Is it running?") from error
    finally:
        connection.close()
    if answer.status >= http.HTTPStatus.MULTIPLE_CHOICES:
        said = encode.visible(" ".join(told.split())[:200]).replace(token or "\0", "***")
        raise SiteError(f"{where} refused the profile: HTTP {answer.status} {said}", cure=_cure(store, answer.status))


def _cure(store: str, status: int) -> str:
    if status in {http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN}:
        return "Put a token into PROFBOOK_PUSH_TOKEN."
    if store == "pyroscope":
        return (
            "Old runs need `-validation.reject-older-than=0` on the server; large profiles "
            "`-validation.max-profile-size-bytes` and `-validation.max-profile-stacktrace-samples`."
        )
    return "Look at the server's log."


def _pyroscope(profile: Pushed) -> tuple[str, bytes, str]:
    name = _word(f"{profile.component or 'service'}.{profile.kind}")
    labels = ",".join(f"{_word(key)}={_word(value)}" for key, value in sorted(profile.labels.items()) if value)
    second = 10**9
    query = {
        "name": f"{name}{{{labels}}}",
        "from": profile.start // second,
        "until": max(profile.end // second, profile.start // second + 1),
        "format": "pprof",
        "spyName": "gospy",
    }
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="profile"; filename="profile.pb.gz"\r\n'
    head += "Content-Type: application/octet-stream\r\n\r\n"
    body = head.encode() + profile.data + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return f"/ingest?{urlencode(query)}", body, f"multipart/form-data; boundary={_BOUNDARY}"


def _parca(profile: Pushed) -> tuple[str, bytes, str]:
    labels = {"__name__": _PARCA_NAMES.get(profile.kind, _word(profile.kind)), "job": profile.component or "service"}
    labels |= {_word(key): encode.visible(value) for key, value in profile.labels.items() if value}
    series = {
        "labels": {"labels": [{"name": name, "value": value} for name, value in sorted(labels.items())]},
        "samples": [{"rawProfile": base64.b64encode(profile.data).decode("ascii")}],
    }
    return "/profiles/writeraw", json.dumps({"series": [series], "normalized": False}).encode(), "application/json"


def _word(text: str) -> str:
    """Write text as a name or value that needs no quotes in a label set."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text) or "_"
