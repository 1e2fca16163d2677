"""How well lasting changes are found: false steps in pure noise, and recall and precision of planted ones.

Run as ``python -m tests.bench.changepoints [--series N]``. Everything is seeded; rows are printed as they are known.
A found step counts as right when it is within one run of a planted one; each planted step counts once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.compare import stats
from pipeline.compare.changepoints import SHORTEST, Break, find_breaks

Float = NDArray[np.float64]
Generator = np.random.Generator
NOISES: Final[dict[str, Callable[[Generator, tuple[int, int]], Float]]] = {
    "normal": lambda rng, size: rng.normal(size=size),
    "laplace": lambda rng, size: rng.laplace(size=size) / np.sqrt(2),
    "t3": lambda rng, size: rng.standard_t(3, size=size) / np.sqrt(3),
    "8 % outliers of 12 sd": lambda rng, size: rng.normal(size=size) + 12 * (rng.random(size) < 0.08),
    "0 or 1 (30 %)": lambda rng, size: (rng.random(size) < 0.3).astype(np.float64),
    "autocorrelated 0.5": lambda rng, size: _autocorrelated(rng, size, 0.5),
}
LENGTHS: Final = (8, 12, 20, 40, 100)


def _autocorrelated(rng: Generator, size: tuple[int, int], share: float) -> Float:
    drawn = rng.normal(size=size)
    for place in range(1, size[1]):
        drawn[:, place] = share * drawn[:, place - 1] + np.sqrt(1 - share**2) * drawn[:, place]
    return drawn


def false_steps(count: int) -> None:
    """Print the share of histories of pure noise with a step, and with one that its test confirms."""
    print(f"Pure noise, {count} series each: share with any step / with a confirmed one (p < {stats.ALPHA})")
    print(f"{'noise':>24}" + "".join(f"{f'{length} runs':>16}" for length in LENGTHS))
    for name, draw in NOISES.items():
        cells = []
        for length in LENGTHS:
            found = find_breaks(100 + draw(np.random.default_rng(length), (count, length)))
            confirmed = sum(any(step.p < stats.ALPHA for step in one) for one in found)
            cells.append(f"{sum(map(bool, found)) / count:.3f} / {confirmed / count:.3f}")
        print(f"{name:>24}" + "".join(f"{cell:>16}" for cell in cells), flush=True)


def planted(rng: Generator, length: int, steps: int) -> list[int]:
    """Choose places of steps that leave every stretch at least its shortest length."""
    while True:
        places = sorted(rng.choice(np.arange(SHORTEST, length - SHORTEST + 1), steps, replace=False).tolist())
        ends = [0, *places, length]
        if all(after - before >= SHORTEST for before, after in pairwise(ends)):
            return places


def hits(found: list[Break], places: list[int]) -> int:
    """Count the planted steps that have a found one within one run."""
    return sum(any(abs(step.at - place) <= 1 for step in found) for place in places)


def known_steps(count: int) -> None:
    """Print recall and precision for steps of known size, in standard deviations of the noise."""
    print(f"\nPlanted steps, up or down, {count} series each: recall / precision")
    print(f"{'noise, steps, runs':>34}" + "".join(f"{f'{size} sd':>16}" for size in (2, 3, 4, 6, 10)))
    for name in ("normal", "laplace", "8 % outliers of 12 sd"):
        for steps, length in ((1, 12), (1, 20), (1, 40), (3, 40), (3, 100)):
            cells = [_recall(name, steps, length, size, count) for size in (2, 3, 4, 6, 10)]
            print(f"{f'{name}, {steps}, {length}':>34}" + "".join(f"{cell:>16}" for cell in cells), flush=True)


def _recall(name: str, steps: int, length: int, size: float, count: int) -> str:
    rng = np.random.default_rng([steps, length, round(size)])
    table = 100 + NOISES[name](rng, (count, length))
    truth = [planted(rng, length, steps) for _ in range(count)]
    for row, places in zip(table, truth, strict=True):
        for place in places:
            row[place:] += size * rng.choice([-1, 1])
    found = find_breaks(table)
    right = sum(hits(one, places) for one, places in zip(found, truth, strict=True))
    made = sum(map(len, found))
    return f"{right / (count * steps):.3f} / {right / made if made else 1:.3f}"


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=500)
    count = parser.parse_args().series
    false_steps(count)
    known_steps(count)


if __name__ == "__main__":
    main()
