"""May these runs be compared, and what follows? Objections to a comparison, and the verdict over all of it.

Rules: each check is a small function of the two groups of runs and the limits of the settings; it yields an objection
for each thing it sees, with the run that shows it. An unknown fact is never held against a run: only facts both sides
know can differ. One invalid objection makes the comparison invalid, and then nothing is concluded from its numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from pipeline import units
from pipeline.compare.court_build import same_build
from pipeline.compare.court_load import LOAD_CHECKS
from pipeline.compare.hearing import Check, Hearing, Runs
from pipeline.model.court import ComparisonConfig, Objection
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.verdict import MetricComparison, Outcome

_SAME_MACHINE: Final = "Collect both labels on one machine, in turn: `profbook ab` does."
_KINDS: Final = ("cpu", "heap", "allocs", "goroutine", "block", "mutex")


def hear(
    base: Sequence[RunRecord],
    head: Sequence[RunRecord],
    labels: tuple[str, str],
    limits: ComparisonConfig | None = None,
) -> tuple[Objection, ...]:
    """List what speaks against comparing two groups of runs, what forbids it first."""
    case = Hearing(tuple(base), tuple(head), labels, limits or ComparisonConfig())
    found = [objection for check in CHECKS for objection in check(case)]
    weighed = [replace(one, severity="doubt") if one.code in case.limits.allow else one for one in found]
    return tuple(sorted(dict.fromkeys(weighed), key=lambda one: one.severity == "doubt"))


def conclude(
    metrics: Sequence[MetricComparison], headline: Sequence[str], objections: Sequence[Objection]
) -> tuple[Outcome, tuple[str, ...]]:
    """Sum up a comparison: the outcome and its reasons, most important first."""
    invalid = tuple(one.sentence for one in objections if one.severity == "invalid")
    if invalid:
        return "invalid", invalid
    counted = [one for one in metrics if one.metric.name in headline]
    worse, better, open_ = (
        [one for one in counted if one.outcome == outcome] for outcome in ("regressed", "improved", "inconclusive")
    )
    if worse or better:
        return "regressed" if worse else "improved", tuple(_told(one) for one in (*worse, *better))
    if open_ or not counted:
        warnings = sorted({warning for one in open_ for warning in one.warnings})
        return "inconclusive", tuple(warnings) or ("no headline metric was measured on both sides",)
    return "unchanged", (f"no significant change in {len(counted)} headline metrics",)


def _told(one: MetricComparison) -> str:
    unit = one.metric.unit
    base, head = units.show(one.base_center, unit), units.show(one.head_center, unit)
    change = units.show_delta(one.base_center, one.head_center)
    return f"{one.metric.title} {one.outcome}: {base} → {head} ({change}, p = {one.p:.3f})"


def _no_runs(case: Hearing) -> Iterator[Objection]:
    for label, runs in zip(case.labels, case.sides, strict=True):
        if not runs:
            cure = f"Collect them: `profbook collect --label {label}`."
            yield Objection("no_runs", "invalid", f"no run is labelled {label!r}", cure=cure)


def _environment(case: Hearing) -> Iterator[Objection]:
    """Facts that must be the same in every run."""
    facts: tuple[tuple[str, str, tuple[str, ...]], ...] = (
        ("go_versions", "Go versions", ("go_version",)),
        ("platforms", "platforms", ("goos", "goarch")),
        ("cpu_models", "CPU models", ("cpu_model",)),
        ("cpu_counts", "numbers of CPUs", ("cpu_count",)),
    )
    for code, words, fields in facts:
        yield from _differing(code, words, case.runs, fields)
    for one in _differing("kernels", "kernels", case.runs, ("kernel",)):
        yield replace(one, severity="doubt")


def _differing(code: str, words: str, runs: Runs, fields: tuple[str, ...]) -> Iterator[Objection]:
    known = {run.run.id: _fact(run, fields) for run in runs}
    values = sorted({value for value in known.values() if value})
    if len(values) > 1:
        rarest = min(values, key=list(known.values()).count)
        shown = next(run for run, value in known.items() if value == rarest)
        yield Objection(code, "invalid", f"{words} differ: {', '.join(values)}", shown, "run.json", _SAME_MACHINE)


def _fact(run: RunRecord, fields: tuple[str, ...]) -> str:
    if run.run.manifest is None:
        return ""
    values = [getattr(run.run.manifest.environment, field) for field in fields]
    return "/".join(str(value) for value in values) if all(values) else ""


def _runtime(case: Hearing) -> Iterator[Objection]:
    """GOMAXPROCS, GOGC and GOMEMLIMIT: unset is a value too; between two variants they may be what is tested."""
    tested = {variant_of(run) for run in case.base}.isdisjoint({variant_of(run) for run in case.head})
    for field in ("gomaxprocs", "gogc", "gomemlimit"):
        sides = [{_setting(run, field) for run in side if run.run.manifest} for side in case.sides]
        values = sorted(sides[0] | sides[1])
        if len(values) < 2:
            continue
        told = ", ".join(value or "not set" for value in values)
        by_variant = tested and all(len(side) <= 1 for side in sides)
        yield Objection(
            "runtime_settings",
            "doubt" if by_variant else "invalid",
            f"{field.upper()} differs: {told}",
            cure="Set it the same for both, unless it is what you test: then name the two as [variants].",
        )


def variant_of(run: RunRecord) -> str:
    """Name the variant of the service a run was taken of; empty when it had none."""
    return run.run.manifest.variant if run.run.manifest else ""


def _setting(run: RunRecord, field: str) -> str:
    return str(getattr(run.run.manifest.environment, field)) if run.run.manifest else ""


def _incomplete(case: Hearing) -> Iterator[Objection]:
    for run in case.runs:
        manifest = run.run.manifest
        if manifest is not None and manifest.status == "failed":
            yield Objection(
                "run_incomplete", "invalid", f"collecting {run.run.id} failed", run.run.id, "run.json", "Collect again."
            )
        elif manifest is not None and manifest.status == "interrupted":
            yield Objection(
                "run_incomplete",
                "doubt",
                f"collecting {run.run.id} was interrupted",
                run.run.id,
                "run.json",
                "Collect again for a whole run.",
            )


def _restarted(case: Hearing) -> Iterator[Objection]:
    """A run of two processes is no replicate of a run of one."""
    for run in case.runs:
        told = next((one for one in run.all_findings if one.code in {"restarted", "service_died"}), None)
        if told is not None:
            what = "was restarted" if told.code == "restarted" else "ended by itself"
            subject = f" ({told.subject})" if told.subject else ""
            yield Objection(
                "run_restarted",
                "invalid",
                f"the service of {run.run.id} {what} during the run{subject}",
                run.run.id,
                told.subject,
                "Look for a crash or redeploy in the logs, and collect that run again.",
            )


def _samples(case: Hearing) -> Iterator[Objection]:
    few = {run.run.id: found for run in case.runs if (found := _small_cpu(run, case.limits.cpu_samples))}
    if not few:
        return
    run, (path, least) = min(few.items(), key=lambda one: one[1][1])
    which, say = f"the CPU profile of {run} has {least} samples", "it says"
    if len(few) > 1:
        which, say = (
            f"{len(few)} of {len(case.runs)} runs have small CPU profiles, {run} one of {least} samples",
            "they say",
        )
    yield Objection(
        "few_samples",
        "doubt",
        f"{which}, fewer than {case.limits.cpu_samples}: what {say} about single functions is mostly chance",
        run,
        path,
        "Profile for longer (collect.cpu_seconds) or under more load.",
    )


def _small_cpu(run: RunRecord, fewest: int) -> tuple[str, int] | None:
    """Find the smallest CPU profile of a run with fewer samples than that: its path, and how many it has."""
    counts = [(one.path, count) for one in _cpu(run) if (count := _sample_count(one)) is not None and count < fewest]
    return min(counts, key=lambda one: one[1], default=None)


def _sample_count(profile: ProfileRecord) -> int | None:
    for place, kind in enumerate(profile.sample_types):
        if kind.type == "samples" and place < len(profile.totals):
            return profile.totals[place]
    return None


def _cpu(run: RunRecord) -> list[ProfileRecord]:
    # The profiles of a series are each small, and read together.
    return [one for one in run.profiles if one.kind == "cpu" and one.phase != "series" and not one.merged_of]


def _kinds(case: Hearing) -> Iterator[Objection]:
    if not case.base or not case.head:
        return
    sides = [{profile.kind for run in side for profile in run.profiles} for side in case.sides]
    for has, lacks, side in ((sides[0], sides[1], "head"), (sides[1], sides[0], "base")):
        missing = [kind for kind in _KINDS if kind in has - lacks]
        if missing:
            yield Objection(
                "kinds_missing",
                "doubt",
                f"only one side has profiles of {', '.join(missing)}: the {side} has none",
                cure="Collect both labels with the same plan.",
            )


def _dirty(case: Hearing) -> Iterator[Objection]:
    dirty = [run for run in case.runs if run.run.manifest and run.run.manifest.environment.git_dirty]
    if dirty:
        names = ", ".join(run.run.id for run in dirty[:3]) + (", …" if len(dirty) > 3 else "")
        yield Objection(
            "dirty_tree",
            "doubt",
            f"built from sources with changes that are in no commit: {names}",
            dirty[0].run.id,
            "run.json",
            "Commit first, so that what was measured can be built again.",
        )


CHECKS: Final[tuple[Check, ...]] = (
    _no_runs,
    *LOAD_CHECKS,
    _restarted,
    _incomplete,
    _environment,
    _runtime,
    same_build,
    _samples,
    _kinds,
    _dirty,
)
"""Every check, in the order its objections are told."""
