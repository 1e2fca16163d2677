"""One run in memory: what its record says, and doubts that are none."""

from __future__ import annotations

import pytest

from pipeline.derive import derive
from pipeline.model.layout import place
from pipeline.model.run import RawFile, Run
from tests.builders import pprof_bytes


def run_of(files: dict[str, bytes]) -> Run:
    raw = []
    for path, data in files.items():
        where = place(path)
        raw.append(RawFile(path, where.component, where.kind, where.phase, "", len(data), where.index))
    return Run("r", "", "", tuple(raw))


@pytest.mark.parametrize(("kind", "codes"), [("goroutineleak", []), ("mutex", ["no_samples"])])
def test_an_empty_leak_profile_is_how_health_looks(kind: str, codes: list[str]) -> None:
    files = {f"app/{kind}.prof": pprof_bytes([], [(kind, "count")])}
    record, data = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    assert [one.code for one in record.all_findings] == codes
    assert record.profiles[0].tree == ""
    assert not data


def test_one_bad_file_never_loses_the_others() -> None:
    files = {"app/heap.prof": b"404 page not found\n", "app/cpu.prof": pprof_bytes([(["main", "work"], (1, 10))])}
    record, data = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    (doubt,) = record.all_findings
    assert (doubt.code, doubt.severity, doubt.subject) == ("not_a_profile", "error", "app/heap.prof")
    assert "404 page not found" in doubt.message + doubt.evidence
    (profile,) = record.profiles
    assert profile.totals == (1, 10)
    assert {f"{profile.tree}.js", f"{profile.tree}.0.svg", f"{profile.tree}.1.svg"} == data.keys()
