"""What looking again and again costs and saves: error rates and runs of simulated adaptive collections.

    python -m tests.bench.sequential --sequences 2000 --most 16
    python -m tests.bench.sequential --sequences 2000 --pool DIR

Every run of a simulated collection has one value for each headline metric: normal on a logarithmic scale, half of its
variance shared by the metrics of a run. Comparisons are made by the code that compares labels, decisions by the code
that collects. Without a difference the share of collections that end in a claim must not exceed alpha. With a pool (see
`tests.bench.planted`) the runs are real ones, in an order dealt by chance: runs of the base among themselves, and
against those of each planted slowdown.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.analysis import metrics as registry
from pipeline.compare import pair, stats
from pipeline.compare.metric_table import compare_metrics
from pipeline.compare.sequential import Look, Stop, next_step, plan_looks
from pipeline.model.metric import Metric
from pipeline.model.record import RunRecord
from pipeline.model.verdict import Comparison

SEED = 20261120
METRICS = tuple(
    Metric(name, name, "seconds", "lower", "") for name in ("latency_mean", "latency_p99", "cpu_per_op", "elapsed")
)
HEADLINE = frozenset(metric.name for metric in METRICS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one collection ended: after how many rounds, why, and what a page of its runs would claim."""

    rounds: int
    step: Stop
    page_claims: bool
    fixed_claims: bool


def collection(
    chance: np.random.Generator,
    looks: Sequence[Look],
    *,
    noise: float = 0.05,
    effect: float = 0.0,
    affected: int = 0,
    metrics: int = len(METRICS),
    base_runs: int | None = None,
) -> Outcome:
    """Collect until it is certain; ``effect`` is the true change of the first ``affected`` metrics.

    ``fixed_claims`` tells what the most runs, all taken and looked at once, would have claimed.
    """
    most = looks[-1].rounds
    sizes = (base_runs or most, most)
    base, head = (
        noise * (np.sqrt(0.5) * chance.normal(size=(n, 1)) + np.sqrt(0.5) * chance.normal(size=(n, metrics)))
        for n in sizes
    )
    head[:, :affected] += np.log1p(effect)
    base, head = np.exp(base), np.exp(head)
    last = compared(base, head)
    fixed = any(one.q is not None and one.q < stats.ALPHA for one in last.metrics)
    for look in looks:
        seen = last if look.rounds == most else compared(base[: base_runs or look.rounds], head[: look.rounds])
        step = next_step(seen, look.rounds, looks, headline=HEADLINE)
        if isinstance(step, Stop):
            claims = any(one.outcome in {"improved", "regressed"} for one in seen.metrics)
            return Outcome(look.rounds, step, claims, fixed)
    raise AssertionError("the last look ends a collection")


def compared(base: np.ndarray, head: np.ndarray) -> Comparison:
    """Compare two groups of runs (float64[runs, metrics])."""
    samples = [
        (metric, "", tuple(before.tolist()), tuple(after.tolist()))
        for metric, before, after in zip(METRICS, base.T, head.T, strict=False)
    ]
    found = compare_metrics(samples, HEADLINE)
    return Comparison("base", "head", (), (), "unchanged", (), found, ())


def simulate(sequences: int, looks: Sequence[Look], *, seed: int = SEED, **facts: float) -> list[Outcome]:
    """Simulate many collections of one kind."""
    chance = np.random.default_rng(seed)
    return [collection(chance, looks, **facts) for _ in range(sequences)]  # type: ignore[arg-type]


def claimed(found: Sequence[Outcome]) -> float:
    """Give the share that ended in a claim of a difference."""
    return float(np.mean([one.step.reason == "different" for one in found]))


def saved(found: Sequence[Outcome], most: int) -> float:
    """Give the share of rounds that were not needed."""
    return 1 - float(np.mean([one.rounds for one in found])) / most


def main(words: Sequence[str]) -> int:
    """Print one line for each kind of collection."""
    parser = argparse.ArgumentParser(description="adaptive measuring: error rates and runs saved")
    parser.add_argument("--sequences", type=int, default=2000)
    parser.add_argument("--most", type=int, default=16)
    parser.add_argument("--pool", type=Path)
    options = parser.parse_args(words)
    if options.pool:
        return judge_pool(options.pool, options.sequences, options.most)
    looks = plan_looks(options.most)
    print(f"looks: {', '.join(f'{look.rounds} (q <= {look.level:.4f})' for look in looks)}")
    print("noise  effect  of metrics   claim   page  fixed   saved  ends")
    for noise in (0.02, 0.05, 0.1, 0.2):
        for effect, affected, metrics in ((0, 0, 1), (0, 0, 4), (0.1, 1, 1), (0.1, 1, 4), (0.1, 4, 4), (0.2, 4, 4)):
            found = simulate(options.sequences, looks, noise=noise, effect=effect, affected=affected, metrics=metrics)
            page, fixed = (
                float(np.mean([getattr(one, name) for one in found])) for name in ("page_claims", "fixed_claims")
            )
            ends = dict(Counter(one.step.reason for one in found).most_common())
            print(
                f"{noise:5.0%}  {effect:6.0%}  {affected:2} of {metrics:2}     {claimed(found):6.1%} {page:6.1%}"
                f" {fixed:6.1%}  {saved(found, options.most):6.1%}  {ends}",
                flush=True,
            )
    return 0


def judge_pool(pool: Path, sequences: int, most: int) -> int:
    """Print how collections of real runs end, for each size of slowdown; 0 is none."""
    from tests.bench._planted_judge import read_pool

    records, _ = read_pool(pool)
    runs: dict[int, list[RunRecord]] = {}
    for (percent, _), record in sorted(records.items()):
        runs.setdefault(percent, []).append(record)
    chance = np.random.default_rng(SEED)
    for percent, head in runs.items():
        rounds = min(most, len(head) if percent else len(head) // 2)
        looks = plan_looks(rounds)
        found = [real_collection(chance, looks, runs[0], head if percent else None) for _ in range(sequences)]
        ends = dict(Counter(one.reason for _, one in found).most_common())
        mean = float(np.mean([number for number, _ in found]))
        print(
            f"slower by {percent:2} %: at most {rounds} rounds, {1 - mean / rounds:.0%} saved, ends {ends}", flush=True
        )
    return 0


def real_collection(
    chance: np.random.Generator, looks: Sequence[Look], base: Sequence[RunRecord], head: Sequence[RunRecord] | None
) -> tuple[int, Stop]:
    """Collect runs that are there already, in an order by chance; without ``head`` both sides are runs of ``base``."""
    first = [base[at] for at in chance.permutation(len(base))]
    second = [head[at] for at in chance.permutation(len(head))] if head is not None else first[len(first) // 2 :]
    for look in looks:
        sides = [pair._values(some[: look.rounds]) for some in (first, second)]
        keys = [(metric, key) for key in sides[0] for metric in registry.METRICS if metric.name == key[1]]
        samples = [(metric, key[0], sides[0][key], sides[1].get(key, ())) for metric, key in keys]
        seen = Comparison("base", "head", (), (), "unchanged", (), compare_metrics(samples, registry.HEADLINE), ())
        step = next_step(seen, look.rounds, looks, headline=registry.HEADLINE)
        if isinstance(step, Stop):
            return look.rounds, step
    raise AssertionError("the last look ends a collection")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
