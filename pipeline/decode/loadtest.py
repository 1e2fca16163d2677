"""Load test results: recognise by content which tool wrote them, and bring them into the normal form.

Rules: names say nothing. A result of a known tool is read whole or refused: `bad_json` with a JSON pointer for JSON
that breaks a rule, `not_a_load_result` for text that is cut, for sound JSON of another kind, and for forms of known
tools that do not hold the counts. Errors of the load test itself are data, a server that was down included.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from pipeline.decode.apachebench import decode_ab, is_ab
from pipeline.decode.autocannon import decode_autocannon, is_autocannon
from pipeline.decode.eventodb import REQUIRED, cure_fields, decode_eventodb, is_eventodb
from pipeline.decode.fortio import decode_fortio, is_fortio
from pipeline.decode.ghz import decode_ghz, is_ghz
from pipeline.decode.h2load import decode_h2load, is_h2load
from pipeline.decode.hey import decode_hey_csv, decode_hey_text, is_hey_csv, is_hey_text
from pipeline.decode.hyperfine import decode_hyperfine, is_hyperfine
from pipeline.decode.k6 import decode_k6, is_k6
from pipeline.decode.load_form import no_load_result
from pipeline.decode.oha import decode_oha, is_oha
from pipeline.decode.strict_json import MAX_BYTES, Node, bad_json, parse_json, parse_line
from pipeline.decode.vegeta import (
    decode_vegeta_csv,
    decode_vegeta_json,
    decode_vegeta_report,
    is_vegeta_csv,
    is_vegeta_line,
    is_vegeta_report,
)
from pipeline.decode.wrk import decode_wrk, is_wrk
from pipeline.errors import DecodeError
from pipeline.model.finding import Finding
from pipeline.model.metric import LoadResult

__all__ = ["MAX_BYTES", "MAX_STREAM_BYTES", "REQUIRED", "decode_load", "load_doubts"]

MAX_STREAM_BYTES: Final = 512 << 20
"""Streams hold a line for each request; the other forms are summaries (``MAX_BYTES``)."""
_LONGEST_LINE: Final = 1 << 20

_JSON: Final[tuple[tuple[Callable[[Node], bool], Callable[[Node], LoadResult]], ...]] = (
    (is_k6, decode_k6),
    (is_vegeta_report, decode_vegeta_report),
    (is_oha, decode_oha),
    (is_ghz, decode_ghz),
    (is_fortio, decode_fortio),
    (is_autocannon, decode_autocannon),
    (is_hyperfine, decode_hyperfine),
    (is_eventodb, decode_eventodb),
)
_TEXT: Final[tuple[tuple[Callable[[str], bool], Callable[[str], LoadResult]], ...]] = (
    (is_wrk, decode_wrk),
    (is_hey_text, decode_hey_text),
    (is_ab, decode_ab),
    (is_h2load, decode_h2load),
)
_OTHER_FORMS: Final = (
    (re.compile(r"(?m)^ +http_reqs\.+: |^ +execution: local$"), "k6's console text", "k6 run --summary-export=FILE"),
    (re.compile(r'\A\{"type":"(?:Metric|Point)"'), "k6's stream of points", "k6 run --summary-export=FILE"),
    (re.compile(r"\APercentage served,Time in ms"), "ab's percentiles without its counts", "ab … > FILE"),
    (re.compile(r"\A\s*Summary:\s+Success rate:"), "oha's text", "oha --output-format json"),
    (re.compile(r"\A\s*Summary:\s+(?:Name:.*\s+)?Count:"), "ghz's text", "ghz -O json"),
    (re.compile(r"\A\s*Requests +\[total, rate"), "vegeta's text report", "vegeta report -type=json"),
)


def decode_load(data: bytes) -> LoadResult:
    """Read a load result; times of the answer are seconds.

    Raises DecodeError: `bad_json` with a JSON pointer, or `not_a_load_result`.
    """
    stream = _stream(data)
    if stream is not None:
        if len(data) > MAX_STREAM_BYTES:
            raise bad_json("", f"{len(data)} bytes are more than the {MAX_STREAM_BYTES} a stream may have")
        return stream(data)
    if len(data) > MAX_BYTES:
        raise bad_json("", f"{len(data)} bytes are more than the {MAX_BYTES} a load result may have")
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        result = _text(data.decode("utf-8-sig", "replace").replace("\r\n", "\n"))
        if result is not None:
            return result
    tree = parse_json(data)
    for recognises, decode in _JSON:
        if recognises(tree):
            return decode(tree)
    raise no_load_result("This JSON is not a load test result.", cure_fields(REQUIRED))


def load_doubts(result: LoadResult, subject: str) -> tuple[Finding, ...]:
    """Turn the warnings of a result into findings about its file."""
    cure = "Look at the tool's own output before trusting numbers made from it."
    return tuple(Finding("load_doubtful", "warning", text, subject, cure=cure) for text in result.warnings)


def _stream(data: bytes) -> Callable[[bytes], LoadResult] | None:
    """Recognise forms with a line for each request."""
    if is_hey_csv(data):
        return decode_hey_csv
    if is_vegeta_csv(data):
        return decode_vegeta_csv
    if not data.startswith((b"{", b"\xef\xbb\xbf{")):
        return None
    line = data[:_LONGEST_LINE].split(b"\n", 1)[0]
    if _is_other(line.decode("utf-8", "replace")):
        raise _other(line.decode("utf-8", "replace"))
    try:
        return decode_vegeta_json if is_vegeta_line(parse_line(line, "line 1")) else None
    except DecodeError:
        return None


def _text(text: str) -> LoadResult | None:
    """Read the text of a known tool."""
    for recognises, decode in _TEXT:
        if recognises(text):
            return decode(text)
    if _is_other(text):
        raise _other(text)
    return None


def _is_other(text: str) -> bool:
    return any(pattern.search(text) for pattern, _, _ in _OTHER_FORMS)


def _other(text: str) -> DecodeError:
    name, cure = next((name, cure) for pattern, name, cure in _OTHER_FORMS if pattern.search(text))
    return no_load_result(f"This is {name}, which is not read.", f"Save the result with `{cure}`.")
