"""Raw files as they may be published: the same bytes, others without what is kept out, or none."""

from __future__ import annotations

import gzip
import json

import pytest

from pipeline import scrubbing
from pipeline.analysis.redact import Redactor
from pipeline.decode import decode_profile
from pipeline.errors import StoreError
from pipeline.model.redact import SHOW_ALL, RedactRules
from pipeline.model.run import RawFile
from pipeline.scrubbing import scrub, scrub_files
from tests.builders import pprof_bytes, pprof_message

KEY = "AKIAKANARIE012345678"
REDACTOR = Redactor(RedactRules())


def file(path: str) -> RawFile:
    return RawFile(path, "", "other", "", "0" * 64, 1)


def test_what_holds_nothing_stays_the_same_bytes() -> None:
    for data in (pprof_bytes([(("main.main",), (1, 2))]), b"plain text\n", b"", b"\xff\x00binary", b'{"a": [1, "x"]}'):
        assert scrub(data, REDACTOR) is data


@pytest.mark.parametrize("hidden", [KEY, "/home/kanarie/x", "/home/kanarie/" + "y" * 50])
def test_text_in_a_profile_that_nothing_refers_to_goes_too(hidden: str) -> None:
    message = pprof_message([(("main.main",), (1, 2))])
    message.string_table.append(hidden.encode())
    data = gzip.compress(message.SerializeToString())
    scrubbed = scrub(data, REDACTOR)
    assert scrubbed is not None
    assert b"kanarie" not in gzip.decompress(scrubbed).lower()
    assert decode_profile(scrubbed).total(1) == 2
    assert scrub(data, Redactor(SHOW_ALL)) is data


def test_json_stays_json() -> None:
    data = json.dumps({"token": "x y", "lines": [f'key := "{KEY}"'], "words": ["--password", "z"], "n": 1.5}).encode()
    scrubbed = scrub(data, REDACTOR)
    assert scrubbed is not None
    assert json.loads(scrubbed) == {
        "token": "***", "lines": ['key := "***"'], "words": ["--password", "***"], "n": 1.5,
    }  # fmt: skip


def test_labels_go_out_of_text_profiles() -> None:
    text = 'goroutine profile: total 1\n1 @ 0x1\n# labels: {"tenant":"acme"}\n#\t0x1\tmain.main+0x1\t/src/main.go:3\n'
    scrubbed = scrub(text.encode(), REDACTOR)
    assert scrubbed == text.replace('# labels: {"tenant":"acme"}\n', "").encode()
    assert scrub(text.encode(), Redactor(RedactRules(("*",)))) == text.encode()
    dump = 'goroutine 1 [running] {"tenant": "acme"}:\nmain.main()\n\t/src/main.go:3 +0x1\n'
    assert scrub(dump.encode(), REDACTOR) == dump.replace(' {"tenant": "acme"}', "").encode()


@pytest.mark.parametrize(
    "data", [b"\xff" + KEY.encode(), gzip.compress(b"\xff" + KEY.encode(), mtime=0)[:-9], b"\xff/home/ann/x"]
)
def test_what_cannot_be_written_without_it_is_left_out(data: bytes) -> None:
    assert scrub(data, REDACTOR) is None


def test_a_damaged_file_without_anything_stays() -> None:
    data = gzip.compress(b"nothing to hide here " * 50)[:-9]
    assert scrub(data, REDACTOR) is data


def test_what_is_too_large_to_search_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrubbing, "MAX_BYTES", 100)
    assert scrub(b"x" * 200, REDACTOR) is None


def test_what_fails_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(one: RawFile) -> bytes:
        if one.path == "gone":
            raise StoreError("gone")
        return b"x"

    monkeypatch.setattr(scrubbing, "scrub", lambda *_: 1 / 0)
    found = scrub_files((file("gone"), file("bad")), read, REDACTOR)
    assert found.places() == (("bad", ""), ("gone", ""))
    assert [(one.code, one.subject) for one in found.findings()] == [("raw_left_out", "bad"), ("raw_left_out", "gone")]
    assert found.data() == {}
