"""File and directory names of the guides are understood."""

from __future__ import annotations

import pytest

from pipeline.model import layout
from pipeline.model.layout import Place


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("heap-before.prof", Place("service", "heap", "before", None)),
        ("allocs-after.prof", Place("service", "allocs", "after", None)),
        ("goroutine.prof", Place("service", "goroutine", "after", None)),
        ("cpu.prof", Place("service", "cpu", "during", None)),
        ("operator-controller/heap12.pprof", Place("operator-controller", "heap", "series", 12)),
        ("catalogd/cpu0.pprof", Place("catalogd", "cpu", "series", 0)),
        ("manager/goroutine-after.txt", Place("manager", "goroutine", "after", None)),
        ("goroutineleak.pb.gz", Place("service", "goroutineleak", "after", None)),
        ("load-test-results.json", Place("service", "load", "", None)),
        ("manager_heap.prof", Place("manager", "heap", "after", None)),
        ("worker_cpu.prof", Place("worker", "cpu", "during", None)),
        ("kubeapiserver_alone_heap_profile.pb", Place("kubeapiserver_alone", "heap", "after", None)),
        ("catalogd/manager_heap.prof", Place("catalogd", "heap", "after", None)),
        ("heap_during_build.prof", Place("service", "heap", "during", None)),
        ("cpu_profile.pprof", Place("service", "cpu", "during", None)),
        ("heap-20251028-113000.pprof", Place("service", "heap", "after", None)),
        ("baseline_heap.prof", Place("service", "profile", "", None)),
        ("list_of_heap.txt", Place("", "other", "", None)),
        ("default.pgo", Place("service", "profile", "", None)),
        ("app/stacks.folded", Place("app", "profile", "", None)),
        ("app.speedscope.json", Place("service", "profile", "", None)),
        ("run.json", Place("", "manifest", "", None)),
        ("source.json", Place("", "source", "", None)),
        ("api/source.json", Place("", "other", "", None)),
        ("test.log", Place("", "log", "", None)),
        ("README.md", Place("", "notes", "", None)),
        ("pebble-disk-usage.txt", Place("", "other", "", None)),
    ],
)
def test_place(path: str, place: Place) -> None:
    assert layout.place(path) == place


@pytest.mark.parametrize(
    ("run_id", "label", "started"),
    [
        ("20261120_192100", "", "2026-11-20T19:21:00Z"),
        ("20261120_192100-baseline", "baseline", "2026-11-20T19:21:00Z"),
        ("20261120_192100-baseline-2", "baseline", "2026-11-20T19:21:00Z"),
        ("20261120_192100-2", "", "2026-11-20T19:21:00Z"),
        ("20251028-113000", "", "2025-10-28T11:30:00Z"),
        ("with-openapi-cache", "with-openapi-cache", ""),
    ],
)
def test_run_id(run_id: str, label: str, started: str) -> None:
    assert layout.label_of(run_id) == label
    assert layout.started_of(run_id) == started


@pytest.mark.parametrize("name", ["", ".partial", "../x", "a/b", "a b", "x" * 101, "a..b", "-x", "a\nb", "a\n"])
def test_unsafe_names_are_no_runs(name: str) -> None:
    assert not layout.is_run_name(name)
