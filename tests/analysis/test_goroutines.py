"""Goroutines by where they began: groups, growth, what dumps add, and which are proved to leak."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.analysis.goroutines import group_goroutines, growth_finding
from pipeline.model.goroutine_group import GoroutineGroup, GoroutineGroups
from tests.builders import pprof_bytes
from tests.series import goroutine_bytes, read

RUNS = Path(__file__).resolve().parents[2] / "profiles"
CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "profiles" / "goroutine"
WAITING = ("example.org/app.wait", "runtime.chanrecv1", "runtime.chanrecv", "runtime.gopark")
SERVING = ("net/http.(*conn).serve", "example.org/app.handle", "sync.(*Mutex).Lock", "sync.runtime_SemacquireMutex")
POOLED = ("golang.org/x/sync/errgroup.(*Group).Go.func1", "example.org/app.fetch", "runtime.selectgo", "runtime.gopark")
DUMP = b"""goroutine 1 [running]:
main.main()
\t/src/main.go:10 +0x1

goroutine 7 [chan receive, 12 minutes]:
example.org/app.wait()
\t/src/app.go:20 +0x1
created by example.org/app.Start in goroutine 1
\t/src/app.go:9 +0x2

goroutine 8 [chan receive, 3 minutes]:
example.org/app.wait()
\t/src/app.go:20 +0x1
created by example.org/app.Start in goroutine 1
\t/src/app.go:9 +0x2

"""


def grouped(taken: list, leaks: list | None = None) -> GoroutineGroups:  # type: ignore[type-arg]
    groups = group_goroutines("app", taken, leaks or [])
    assert groups is not None
    return groups


def by_entry(groups: GoroutineGroups) -> dict[tuple[str, str], GoroutineGroup]:
    return {(one.entry, one.runs): one for one in groups.groups}


def snapshots(*counts: dict[tuple[str, ...], int]) -> list:  # type: ignore[type-arg]
    return [read(f"app/goroutine{at}.pprof", goroutine_bytes(count, at)) for at, count in enumerate(counts)]


def test_groups_are_told_by_where_they_began_and_what_a_library_runs() -> None:
    groups = by_entry(grouped(snapshots({WAITING: 2, SERVING: 1}, {WAITING: 9, SERVING: 3, POOLED: 4})))
    waiting = groups["example.org/app.wait", ""]
    assert (waiting.counts, waiting.grown, waiting.waits_in) == ((2, 9), 7, "example.org/app.wait")
    assert waiting.state == "chan receive"
    serving = groups["net/http.(*conn).serve", "example.org/app.handle"]
    assert (serving.counts, serving.state, serving.waits_in) == ((1, 3), "sync.Mutex.Lock", "example.org/app.handle")
    pooled = groups["golang.org/x/sync/errgroup.(*Group).Go.func1", "example.org/app.fetch"]
    assert (pooled.counts, pooled.state) == ((0, 4), "select")


def test_the_groups_add_up_to_all_goroutines() -> None:
    groups = grouped(snapshots({WAITING: 2, (): 1}, {WAITING: 9, SERVING: 3, (): 2}))
    assert groups.totals == (3, 14)
    assert tuple(sum(one.counts[at] for one in groups.groups) for at in (0, 1)) == groups.totals
    assert ("", "") in by_entry(groups)


def test_a_dump_tells_who_started_them_and_how_long_they_wait_and_is_no_snapshot() -> None:
    taken = [*snapshots({WAITING: 1}, {WAITING: 2}), read("app/goroutine.debug2.txt", DUMP)]
    groups = grouped(taken)
    waiting = by_entry(groups)["example.org/app.wait", ""]
    assert groups.dump == "app/goroutine.debug2.txt"
    assert waiting.counts == (1, 2)
    assert (waiting.created_by, waiting.created_at) == ("example.org/app.Start", "/src/app.go:9")
    assert (waiting.wait_minutes, waiting.state) == (12, "chan receive")


def test_a_dump_alone_is_a_snapshot() -> None:
    groups = grouped([read("app/goroutine.txt", DUMP)])
    assert groups.totals == (3,)
    assert by_entry(groups)["example.org/app.wait", ""].counts == (2,)
    assert growth_finding(groups) is None
    assert group_goroutines("app", [], []) is None


def test_proofs_are_found_again_in_their_group() -> None:
    leaks = [read("app/goroutineleak.prof", pprof_bytes([(WAITING, (5,))], [("goroutineleak", "count")]))]
    groups = grouped(snapshots({SERVING: 50}, {WAITING: 6, SERVING: 90}), leaks)
    assert groups.proof == "app/goroutineleak.prof"
    assert [(one.entry, one.leaked) for one in groups.groups] == [
        ("example.org/app.wait", 5),
        ("net/http.(*conn).serve", 0),
    ]


def test_growth_names_where_the_new_ones_began() -> None:
    taken = [*snapshots({WAITING: 1, SERVING: 5}, {WAITING: 101, SERVING: 8}), read("app/goroutine.debug2.txt", DUMP)]
    finding = growth_finding(grouped(taken))
    assert finding is not None
    assert finding.code == "goroutine_growth"
    assert finding.subject == "app/goroutine1.pprof"
    assert "began in example.org/app.wait" in finding.message
    assert finding.evidence.startswith("6 at first, 109 at last; +100: began in example.org/app.wait, started by")
    assert (
        "example.org/app.Start (/src/app.go:9), chan receive in example.org/app.wait, waiting up to 12 min"
        in finding.evidence
    )
    assert "+3: began in net/http.(*conn).serve, running example.org/app.handle" in finding.evidence


@pytest.mark.parametrize(
    ("counts", "grew"), [([5, 24], False), ([5, 25], True), ([100, 140], False), ([100, 150], True)]
)
def test_little_growth_is_not_told(counts: list[int], *, grew: bool) -> None:
    groups = grouped(snapshots(*({WAITING: count} for count in counts)))
    assert (growth_finding(groups) is not None) is grew


def test_a_series_that_only_ends_high_is_no_growth() -> None:
    jumpy = grouped(snapshots(*({WAITING: count} for count in (5, 60, 5, 55, 6, 50, 5, 40))))
    rising = grouped(snapshots(*({WAITING: count} for count in (5, 10, 15, 20, 25, 30, 35, 40))))
    assert growth_finding(jumpy) is None
    assert growth_finding(rising) is not None
    assert rising.trend.verdict == rising.groups[0].trend.verdict == "leaking"


def test_the_demo_service_names_its_planted_leak() -> None:
    (folder,) = RUNS.glob("*-goroutine-leak/eventstore")
    found = {
        name: read(f"eventstore/{name}", (folder / name).read_bytes())
        for name in ("goroutine-before.prof", "goroutine-after.prof", "goroutineleak.prof")
    }
    groups = grouped([found["goroutine-before.prof"], found["goroutine-after.prof"]], [found["goroutineleak.prof"]])
    first = groups.groups[0]
    assert first.entry.endswith("leak.waitForAnswerThatNeverComes")
    assert (first.leaked, first.counts, first.state) == (567, (0, 567), "chan receive")
    finding = growth_finding(groups)
    assert finding is not None
    assert "leak.waitForAnswerThatNeverComes" in finding.message


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus")
def test_errgroups_of_a_real_service_are_told_apart() -> None:
    path = CORPUS / "tidb.goroutine.debug1.txt"
    groups = grouped([read("tidb/goroutine.txt", path.read_bytes())])
    pooled = [one for one in groups.groups if one.entry == "golang.org/x/sync/errgroup.(*Group).Go.func1"]
    assert len({one.runs for one in pooled}) == len(pooled) > 5
    assert all(one.runs and "errgroup" not in one.runs for one in pooled)
