"""When an imported run was taken, and what its manifest says of its files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.collect.clock import SystemClock
from pipeline.collect.contents import Content
from pipeline.collect.layouts import Entry, FoundRun
from pipeline.collect.provenance import Draft, Read, brought_manifest, moment_of, own_times, written_manifest

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


class Noon(SystemClock):
    def now(self) -> datetime:
        return NOON


def at(*when: datetime | int) -> dict[str, Read]:
    """Draw files that tell these times."""
    nanos = [moment if isinstance(moment, int) else int(moment.timestamp()) * 10**9 for moment in when]
    return {f"heap{n}.prof": Read("", Content("api", "heap", "series", nanos=one)) for n, one in enumerate(nanos)}


def found(name: str, *files: str) -> FoundRun:
    return FoundRun(name, "", {file: Entry(file, Path(file), 0, 86_400.0) for file in files})


def test_only_believable_times_are_taken() -> None:
    early, late = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    read = at(late, 0, -5, 1, 2**63 - 1, datetime(2009, 1, 1, tzinfo=UTC), datetime(2026, 1, 4, tzinfo=UTC), early)
    assert own_times(read, Noon()) == [early, late]


@pytest.mark.parametrize(
    ("told", "name", "files", "read", "moment", "how"),
    [
        ({"id": "20250101_000000-x"}, "20250102_000000", (), at(NOON), "2025-01-01", "manifest"),
        ({"id": "x"}, "20250102_000000", (), at(NOON), "2025-01-02", "folder"),
        (None, "20250102_000000", (), at(NOON), "2025-01-02", "folder"),
        (None, "run-20250102_000000", (), at(NOON), "2026-01-02", "own"),
        (None, "x", ("b-20250104_000000.prof", "a-20250103_000000.prof"), {}, "2025-01-03", "file's name"),
        (None, "x", ("heap.prof",), {}, "1970-01-02", "disk"),
        (None, "x", (), {}, "1970-01-01", "disk"),
    ],
)
def test_the_moment_of_a_run(
    told: dict[str, str] | None, name: str, files: tuple[str, ...], read: dict[str, Read], moment: str, how: str
) -> None:
    when, said = moment_of(found(name, *files), read, told, Noon())
    assert when.date().isoformat() == moment
    assert how in said


def test_a_written_manifest_reports_every_file_that_counts() -> None:
    read = at(NOON, NOON.replace(minute=1)) | {
        "x.prof": Read("", Content("x", "profile", "", "empty", "the file is\nempty")),
        "heap.prof": Read("", Content("api", "heap", "after", other_kind="cpu")),
        "README.md": Read("", Content("", "notes", "")),
    }
    manifest = written_manifest("r", {}, read, Draft("l", NOON, "n", [], own_times(read, Noon())))
    told = {one["path"]: (one["status"], one["offset_seconds"]) for one in manifest["files"]}
    assert told == {
        "heap.prof": ("ok", None),
        "heap0.prof": ("ok", 0.0),
        "heap1.prof": ("ok", 60.0),
        "x.prof": ("refused", None),
    }
    assert (manifest["status"], manifest["components"]) == ("partial", ("api", "x"))
    assert (manifest["started"], manifest["finished"]) == ("2026-01-02T12:00:00.000Z", "2026-01-02T12:01:00.000Z")
    assert [one["code"] for one in manifest["findings"]] == ["misnamed"]


def test_a_manifest_that_is_gone_is_a_doubt() -> None:
    told, doubts = brought_manifest(found("x", "run.json"))
    assert (told, [doubt.code for doubt in doubts]) == (None, ["bad_manifest"])
    assert brought_manifest(found("x", "cpu.prof")) == (None, [])
