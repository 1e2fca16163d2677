"""The court: what speaks against a comparison, each objection on both sides of its limit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.compare import court
from pipeline.model.court import ComparisonConfig, Objection
from pipeline.model.finding import Finding
from pipeline.model.record import RunRecord
from pipeline.model.run import FileReport, LoadReport, PodReport, ProgramReport
from tests.compare.judged import every, metric, profile, run, sides

LABELS = ("base", "head")


def hear(base: list[RunRecord], head: list[RunRecord], **limits: object) -> tuple[Objection, ...]:
    return court.hear(base, head, LABELS, ComparisonConfig(**limits))  # type: ignore[arg-type]


def codes(found: tuple[Objection, ...]) -> list[tuple[str, str]]:
    return [(one.code, one.severity) for one in found]


def window(offset: float | None, seconds: float | None = 5.0) -> tuple[FileReport, ...]:
    return (FileReport("app/cpu.prof", "app", "cpu", "during", "ok", offset_seconds=offset, window_seconds=seconds),)


def doubt(code: str) -> dict[str, object]:
    return {"findings": (Finding(code, "warning", "…", "app/allocs-after.prof"),)}


def test_like_runs_are_compared() -> None:
    assert hear(*sides()) == ()


@pytest.mark.parametrize(
    ("facts", "code", "severity", "words"),
    [
        ({"report": LoadReport(exit_code=1)}, "load_failed", "invalid", "exit code 1"),
        ({"report": LoadReport(exit_code=0, timed_out=True)}, "load_failed", "invalid", "at its deadline"),
        (
            {"programs": (ProgramReport("app", "build-2", exit_code=137),)},
            "load_failed",
            "invalid",
            "programs of head-1 failed: app build-2",
        ),
        ({"errors": 102}, "error_rate", "invalid", "1.01 % of the operations of head-1 failed (102 errors"),
        ({"operations": 0, "errors": 0}, "error_rate", "invalid", "did nothing"),
        ({"duration_seconds": 11.01}, "load_durations", "invalid", "10 s to 11.01 s"),
        ({"writes": 8799, "reads": 1201}, "load_mix", "doubt", "10 % to 12.0"),
        ({"tool": "hey"}, "load_commands", "invalid", "hey, loadgen"),
        ({"go_version": "go1.26.0"}, "go_versions", "invalid", "go1.26.0, go1.27.3"),
        ({"goarch": "arm64"}, "platforms", "invalid", "linux/amd64, linux/arm64"),
        ({"cpu_model": "EPYC"}, "cpu_models", "invalid", "EPYC, Xeon"),
        ({"cpu_count": 4}, "cpu_counts", "invalid", "2, 4"),
        ({"gogc": "400"}, "runtime_settings", "invalid", "GOGC differs: not set, 400"),
        ({"gomaxprocs": "1"}, "runtime_settings", "invalid", "GOMAXPROCS differs"),
        ({"gomemlimit": "1GiB"}, "runtime_settings", "invalid", "GOMEMLIMIT differs"),
        ({"kernel": "Linux 5.4"}, "kernels", "doubt", "Linux 5.4, Linux 6.1"),
        ({"git_dirty": True}, "dirty_tree", "doubt", "head-1"),
        ({"status": "failed"}, "run_incomplete", "invalid", "collecting head-1 failed"),
        ({"status": "interrupted"}, "run_incomplete", "doubt", "interrupted"),
        (doubt("restarted"), "run_restarted", "invalid", "head-1 was restarted during the run"),
        (doubt("service_died"), "run_restarted", "invalid", "head-1 ended by itself"),
        ({"profiles": (profile(totals=(99, 1)),)}, "few_samples", "doubt", "99 samples, fewer than 100"),
        ({"files": window(8.0)}, "cpu_outside_load", "doubt", "50 % of the CPU profile of head-1"),
        ({"files": window(11.0)}, "cpu_outside_load", "invalid", "0 % of the CPU profile of head-1"),
    ],
)
def test_one_odd_run_is_objected_to(facts: dict[str, object], code: str, severity: str, words: str) -> None:
    found = hear(*sides(**facts), error_rate_difference=1.0)
    assert codes(found) == [(code, severity)]
    assert all(words in one.sentence for one in found)
    assert all(one.run in {"head-1", "", "base-0"} for one in found)


@pytest.mark.parametrize(
    "facts",
    [
        {"operations": 9900, "errors": 100},
        {"duration_seconds": 11.0},
        {"writes": 8800, "reads": 1200},
        {"profiles": (profile(totals=(100, 1)),)},
        {"files": window(5.0)},
        {"files": window(5.4)},
        {"files": window(-0.4)},
        {"files": window(None)},
        {"files": window(3.0, None)},
        {"load": None},
        {"adopted": True},
        {"go_version": "", "cpu_model": "", "cpu_count": 0, "kernel": ""},
        {"reads": None, "writes": None},
        {"tool": ""},
    ],
)
def test_what_is_within_the_limits_or_unknown_is_not_held_against_a_run(facts: dict[str, object]) -> None:
    assert [one for one in hear(*sides(**facts)) if one.code != "error_rates_differ"] == []


def test_small_cpu_profiles_of_many_runs_are_one_doubt() -> None:
    def small(label: str, counts: tuple[int, ...]) -> list[RunRecord]:
        return [
            replace(run, profiles=(profile(totals=(count, 1)),))
            for run, count in zip(every(label), counts, strict=True)
        ]

    found = hear(small("base", (70, 60, 100, 99)), small("head", (48, 200, 53, 54)))
    assert codes(found) == [("few_samples", "doubt")]
    assert found[0].run == "head-0"
    assert found[0].sentence == (
        "6 of 8 runs have small CPU profiles, head-0 one of 48 samples, fewer than 100: "
        "what they say about single functions is mostly chance"
    )


def test_a_label_without_runs() -> None:
    found = hear([], every())
    assert codes(found) == [("no_runs", "invalid")]
    assert found[0].sentence == "no run is labelled 'base'"


def test_error_rates_that_differ_below_the_limit_are_a_doubt() -> None:
    base = every("base")
    assert codes(hear(base, every(operations=9990, errors=10))) == []
    assert codes(hear(base, every(operations=9989, errors=11))) == [("error_rates_differ", "doubt")]
    assert codes(hear(base, every(operations=9989, errors=11), error_rate_difference=0.1)) == []


@pytest.mark.parametrize(("operations", "found"), [(11_000, []), (11_001, [("load_rates", "invalid")])])
def test_open_loops_must_offer_the_same_rate(operations: int, found: list[tuple[str, str]]) -> None:
    base = every("base", open_loop=True)
    assert codes(hear(base, every(open_loop=True, operations=operations))) == found
    assert codes(hear(every("base"), every(operations=20_000))) == [], "a closed loop goes as fast as the service"


def test_open_and_closed_loops_are_not_compared() -> None:
    found = hear(every("base", open_loop=True), every(open_loop=False))
    assert codes(found) == [("load_rates", "invalid")]


def test_another_load_command_is_another_load() -> None:
    found = hear(every("base"), every(report=LoadReport(("{bin}/loadgen", "--workers", "20"), 0)))
    assert codes(found) == [("load_commands", "invalid")]
    assert "--workers 20" in found[0].sentence


def test_runtime_settings_may_be_what_two_variants_differ_in() -> None:
    base = every("base", variant="plain")
    assert codes(hear(base, every(variant="small-heap", gogc="50"))) == [("runtime_settings", "doubt")]
    mixed = [*every(variant="small-heap", gogc="50")[:3], run("head-3", variant="small-heap", gogc="60")]
    assert codes(hear(base, mixed)) == [("runtime_settings", "invalid")]


BUILT = (profile(build_id="0123456789abcdef0123"),)


def test_the_same_build_on_both_sides_proves_nothing() -> None:
    found = hear(every("base", profiles=BUILT), every(profiles=BUILT))
    assert codes(found) == [("same_build", "invalid")]
    assert "nothing was redeployed" in found[0].sentence
    assert found[0].file == "app/cpu.prof"


@pytest.mark.parametrize(
    "facts",
    [
        {"profiles": (profile(build_id="ff"),)},
        {"profiles": (profile(build_id=""),)},
        {"profiles": BUILT, "variant": "optimized"},
        {"profiles": BUILT, "args": ("--leak=heap",)},
    ],
)
def test_another_build_or_another_start_is_what_is_compared(facts: dict[str, object]) -> None:
    assert hear(every("base", profiles=BUILT), every(**facts)) == ()


def test_pods_of_another_image_are_another_start() -> None:
    base, head = every("base", profiles=BUILT), every(profiles=BUILT)
    for place, one in enumerate(head):
        assert one.run.manifest is not None
        pod = PodReport("app", "app", "ns", "app-1", "uid", images=("app:2",))
        manifest = replace(one.run.manifest, pods=(pod,))
        head[place] = replace(one, run=replace(one.run, manifest=manifest))
    assert hear(base, head) == ()


def test_kinds_of_profiles_on_one_side_only() -> None:
    found = hear(every("base"), every(profiles=(profile(), profile(kind="heap", sample_types=(), totals=()))))
    assert codes(found) == [("kinds_missing", "doubt")]
    assert found[0].sentence == "only one side has profiles of heap: the base has none"


def test_allowed_objections_only_cast_doubt() -> None:
    found = hear(every("base", profiles=BUILT), every(profiles=BUILT), allow=("same_build",))
    assert codes(found) == [("same_build", "doubt")]


@pytest.mark.parametrize(
    ("limit", "facts"),
    [
        ({"error_rate": 0.5, "error_rate_difference": 1.0}, {"operations": 6000, "errors": 4000}),
        ({"duration": 1.0}, {"duration_seconds": 20.0}),
        ({"mix": 0.5}, {"writes": 6000, "reads": 4000}),
        ({"cpu_samples": 5}, {"profiles": (profile(totals=(5, 1)),)}),
    ],
)
def test_every_limit_is_a_setting(limit: dict[str, object], facts: dict[str, object]) -> None:
    assert hear(*sides(**facts)) != ()
    assert hear(*sides(**facts), **limit) == ()


def test_what_forbids_comes_before_what_is_doubted() -> None:
    found = hear(*sides(git_dirty=True, cpu_count=8, kernel="Linux 7"))
    assert [one.severity for one in found] == ["invalid", "doubt", "doubt"]


# --- the verdict -----------------------------------------------------------------------------------------------------

HEADLINE = ("a", "b")
INVALID = Objection("x", "invalid", "the load failed")


def test_an_invalid_comparison_concludes_nothing_from_its_numbers() -> None:
    better = [metric("a", 10, 1)]
    assert court.conclude(better, HEADLINE, [INVALID]) == ("invalid", ("the load failed",))
    assert court.conclude(better, HEADLINE, [replace(INVALID, severity="doubt")])[0] == "improved"


@pytest.mark.parametrize(
    ("metrics", "outcome"),
    [
        ([metric("a", 10, 1), metric("b", 1, 10)], "regressed"),
        ([metric("a", 10, 1), metric("b", 1, 2, outcome="inconclusive")], "improved"),
        ([metric("a", 10, 10), metric("b", 1, 2, outcome="inconclusive")], "inconclusive"),
        ([metric("a", 10, 10), metric("other", 1, 2)], "unchanged"),
        ([metric("other", 1, 2)], "inconclusive"),
        ([], "inconclusive"),
    ],
)
def test_the_verdict_rests_on_the_headline(metrics: list[object], outcome: str) -> None:
    assert court.conclude(metrics, HEADLINE, ())[0] == outcome  # type: ignore[arg-type]
