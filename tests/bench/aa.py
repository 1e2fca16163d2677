"""How often a difference is seen where there is none: ``python -m tests.bench.aa --pool DIR --resamples 200``.

The base runs of a pool (see `tests.bench.planted`, which collects it) are dealt to two groups again and again, from a
fixed seed, and compared as the site compares labels. Each line is the share of comparisons with at least one false
claim of a family, with its Wilson interval at 95 %, and the share of single tests that were false claims. A share above
alpha for certain is marked. The drawings share runs, so the truth may lie farther off than the intervals say.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Final

import numpy as np

from pipeline.analysis.metrics import HEADLINE, METRICS
from pipeline.compare.pair import compare_labels
from pipeline.compare.stats import ALPHA
from pipeline.model.calltree import CallTree
from pipeline.model.court import ComparisonConfig
from pipeline.model.difference import Difference, FunctionChange
from pipeline.model.record import RunRecord
from pipeline.model.verdict import Comparison, MetricComparison

SEED: Final = 20260102
# One build on both sides is the point of it.
LIMITS: Final = ComparisonConfig(allow=("same_build",))
CLAIMS: Final = frozenset({"regressed", "improved", "new", "gone"})

Trees = Mapping[tuple[str, str], CallTree]
Judged = MetricComparison | Difference | FunctionChange
Count = Callable[[Comparison], tuple[int, int]]
FAMILIES: Final[Mapping[str, Count]] = {
    "headline metrics": lambda one: _count(row for row in tested_metrics(one) if row.metric.name in HEADLINE),
    "other metrics": lambda one: _count(row for row in tested_metrics(one) if row.metric.name not in HEADLINE),
    "profile totals": lambda one: _count(one.functions),
    # Not all functions that were tested are in the table, but all that are claimed.
    "functions": lambda one: (
        sum(table.tested for table in one.functions),
        _count(row for table in one.functions for row in table.functions)[1],
    ),
}
"""How many tests of a family a comparison made, and how many of them are claims."""


def main(words: Sequence[str]) -> int:
    """Print the error rates of one pool."""
    parser = argparse.ArgumentParser(description="false claims between runs of one program")
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--resamples", type=int, default=200)
    parser.add_argument("--sizes", type=int, nargs="+", default=[5, 10], help="runs a side")
    options = parser.parse_args(words)
    from tests.bench._planted_judge import read_pool

    records, trees = read_pool(options.pool)
    base = [record for (percent, _), record in sorted(records.items()) if percent == 0]
    print_false(base, trees, resamples=options.resamples, sizes=options.sizes)
    return 0


def print_false(base: Sequence[RunRecord], trees: Trees, *, resamples: int, sizes: Sequence[int]) -> None:
    """Deal the runs to two groups of each size, and print how often a family claims something."""
    for size in sizes:
        found = deal(base, trees, resamples=resamples, size=size)
        print(f"A/A {size} against {size} of {len(base)} runs, {resamples} drawings, alpha {ALPHA:.0%}:")
        outcomes = Counter(one.outcome for one in found)
        print(_line("verdict", sum(outcomes[name] for name in ("regressed", "improved")), resamples), dict(outcomes))
        for name, count in FAMILIES.items():
            made = [count(one) for one in found]
            tests, claims = (sum(numbers) for numbers in zip(*made, strict=True))
            seen = _line(name, sum(some > 0 for _, some in made), resamples)
            print(seen, f"{claims} of {tests} tests ({claims / max(tests, 1):.2%})")
        named = Counter(row.metric.name for one in found for row in tested_metrics(one) if row.outcome in CLAIMS)
        print(f"  most often: {dict(named.most_common(5))}", flush=True)


def deal(base: Sequence[RunRecord], trees: Trees, *, resamples: int, size: int) -> list[Comparison]:
    """Compare groups of ``size`` runs, dealt by chance."""
    chance = np.random.default_rng(SEED)
    found = []
    for _ in range(resamples):
        order = chance.permutation(len(base))
        sides = ([base[at] for at in part] for part in (order[:size], order[size : 2 * size]))
        found.append(compare(*sides, trees))
    return found


def compare(base: Sequence[RunRecord], head: Sequence[RunRecord], trees: Trees) -> Comparison:
    """Compare two groups of runs as the site does."""
    return compare_labels(
        base,
        head,
        labels=("base", "head"),
        metrics=METRICS,
        headline=HEADLINE,
        trees=lambda run, name: trees[run, name],
        limits=LIMITS,
    )


def tested_metrics(one: Comparison) -> list[MetricComparison]:
    """List the metrics that were tested."""
    return [row for row in one.metrics if row.q is not None]


def wilson(count: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Give the interval of a share. Source: Wilson (1927)."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, weight = count / total, z * z / total
    middle, half = share + weight / 2, z * math.sqrt(share * (1 - share) / total + weight / total / 4)
    return max(0.0, (middle - half) / (1 + weight)), min(1.0, (middle + half) / (1 + weight))


def _count(rows: Iterable[Judged]) -> tuple[int, int]:
    claimed = [row.outcome in CLAIMS for row in rows]
    return len(claimed), sum(claimed)


def _line(name: str, count: int, total: int) -> str:
    low, high = wilson(count, total)
    mark = "  ABOVE ALPHA" if low > ALPHA else ""
    return f"  {name:17} {count / total:6.1%} ({low:.1%} to {high:.1%}){mark}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
