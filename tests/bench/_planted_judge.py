"""Judging a pool of runs: how often a planted slowdown is found, and how often one that is not there.

Rules: chance comes from one seed; every drawing is compared by the code that compares labels for the site.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.derive import derive
from pipeline.model import layout
from pipeline.model.calltree import CallTree
from pipeline.model.difference import Difference
from pipeline.model.pfv import unpack
from pipeline.model.record import RunRecord
from pipeline.model.run import Manifest, RawFile, Run
from pipeline.model.verdict import Comparison
from pipeline.render.payload import TREE, unwrapped
from tests.bench.aa import compare, print_false

_SEED: Final = 20260102
_TOP: Final = 3


def judge_pool(pool: Path, *, slow: str, resamples: int, size: int) -> int:
    """Print false findings between groups of base runs, then power and culprits for each planted size."""
    records, trees = read_pool(pool)
    sizes = sorted({percent for percent, _ in records})
    chance = np.random.default_rng(_SEED)
    base = [record for (percent, _), record in sorted(records.items()) if percent == 0]
    print(f"{pool}: {len(base)} base runs, sizes {sizes[1:]} %, {resamples} drawings of {size} against {size}")
    print_false(base, trees, resamples=resamples, sizes=sorted({5, min(size, len(base) // 2)}))
    for percent in sizes[1:]:
        head = [record for (one, _), record in sorted(records.items()) if one == percent]
        results = []
        for _ in range(resamples):
            sides = [chance.choice(len(runs), size, replace=False) for runs in (base, head)]
            results.append(compare([base[at] for at in sides[0]], [head[at] for at in sides[1]], trees))
        _print_power(percent, slow, results)
    return 0


def read_pool(pool: Path) -> tuple[dict[tuple[int, str], RunRecord], dict[tuple[str, str], CallTree]]:
    """Derive every run of a pool: its records by size and name, and the call trees they name."""
    records, trees = {}, {}
    for folder in sorted(pool.glob("r*-p*")):
        files = tuple(_raw(path) for path in sorted(folder.iterdir()))
        percent = folder.name.partition("-p")[2]
        run = Run(folder.name, folder.name, "", files, Manifest(folder.name, folder.name, variant=percent))
        record, data = derive(
            run, (), lambda file, folder=folder: (folder / file.path).read_bytes(), key="", max_bytes=1 << 30
        )
        records[int(percent), folder.name] = record
        for name, content in data.items():
            if name.endswith(f"{TREE}.js"):
                trees[folder.name, name.removesuffix(f"{TREE}.js")] = unpack(unwrapped(content))
    return records, trees


def _raw(path: Path) -> RawFile:
    place = layout.place(path.name)
    return RawFile(path.name, place.component, place.kind, place.phase, "", path.stat().st_size, place.index)


def _print_power(percent: int, slow: str, results: Sequence[Comparison]) -> None:
    print(f"planted {slow}:{percent}")
    for kind in ("cpu", "alloc_space"):
        tables = [table for result in results for table in result.functions if table.sample_type.type == kind]
        if tables:
            _print_table(kind, slow, tables)
    verdicts = Counter(result.outcome for result in results)
    found = {
        name: _share(
            any(one.metric.name == name and one.outcome == "regressed" for one in result.metrics) for result in results
        )
        for name in ("cpu_per_op", "alloc_bytes_per_op")
    }
    print(f"  verdicts {dict(verdicts)}; metrics regressed: {found}")


def _print_table(kind: str, slow: str, tables: Sequence[Difference]) -> None:
    top = [table.culprits[:_TOP] for table in tables if table.culprits]
    rows = [next((row for row in table.functions if row.name.endswith(slow)), None) for table in tables]
    net = np.mean([table.total.judged.delta / table.total.judged.base for table in tables])
    grown = np.mean([row.cum.judged.delta / row.cum.judged.base for row in rows if row]) if any(rows) else 0.0
    named = _share(any(one.function.endswith(slow) for one in some) for some in top)
    chain = _share(any(_ends(one.chain, slow) for one in some) for some in top)
    any_ = _share(any(_ends((*one.path, *one.chain), slow) for one in some) for some in top)
    first = Counter(some[0].function for some in top)
    print(f"  {kind}: total {net:+.1%}, function {grown:+.1%}", end="; ")
    print(f"found: total {_share(table.outcome == 'regressed' for table in tables)}", end=", ")
    print(f"function {_share(row is not None and row.outcome == 'regressed' for row in rows)}")
    print(f"    culprits told in {len(top) / len(tables):.0%}; of these", end=" ")
    print(f"in the top {_TOP}: named {named}, on their chain {chain}, on path or chain {any_}")
    print(f"    first: {dict(first.most_common(4))}")


def _ends(names: Sequence[str], wanted: str) -> bool:
    return any(name.endswith(wanted) for name in names)


def _share(found: Iterable[bool]) -> str:
    known = list(found)
    return f"{np.mean(known):.0%}" if known else "–"
