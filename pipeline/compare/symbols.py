"""Which function of one build is which of another, where their names differ.

Rules: equal names are the same function, whatever moved its lines or files; no rule ever gives one of them another
partner. What is left over is matched in turn by what remains of a name without its module version and vendor folder
(``version``), its type arguments (``generic``), its wrapper mark ``-fm`` or ``.abi0`` (``wrapper``), and the numbers of
closures and ``init`` functions (``closure``). Where several could be meant, their order is kept and the costs are made
to agree best. Each match that is not by equal names is told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from pipeline.model.difference import SymbolMatch

_VERSION: Final = re.compile(r"/v[2-9][0-9]*(?=[/.])|@v[0-9][^/(]*?(?=/|\.[A-Za-z_(*]|$)|\.v[0-9]+(?=[/.])")
_VENDOR: Final = re.compile(r"^.*/vendor/")
_WRAPPER: Final = re.compile(r"-fm$|\.abi(?:0|internal)$")
_NUMBERED: Final = re.compile(r"\.(?:func\d+|gowrap\d+|deferwrap\d+|init\.\d+)(?=$|[.\-])|\.\d+(?=$|-)|-range\d+")
_CHANGE: Final = 3.0
"""Costs further apart than this factor are not paired where the numbers of closures differ too."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The functions of one side: the mean share each has in the profiles, and those seen in every single run."""

    costs: Mapping[str, float]
    steady: frozenset[str]


def match_symbols(base: Seen, head: Seen) -> tuple[SymbolMatch, ...]:
    """Match the functions of two different builds: the matches of unequal names, by head's name."""
    left = [name for name in base.costs if name not in head.costs]
    right = [name for name in head.costs if name not in base.costs]
    matches: list[SymbolMatch] = []
    for rule, key, exact in _RULES:
        # A profile holds what was sampled: that a closure is missing in some run does not say the build lacks it.
        olds = [name for name in left if exact or name in base.steady]
        news = [name for name in right if exact or name in head.steady]
        found = _by_key(olds, news, key, base.costs, head.costs)
        matches += [SymbolMatch(old, new, rule) for old, new in found]
        taken = {name for pair in found for name in pair}
        left, right = ([name for name in names if name not in taken] for names in (left, right))
    return tuple(sorted(matches, key=lambda match: match.head))


def shifted_closures(base: Seen, head: Seen) -> tuple[str, ...]:
    """Name the functions whose closures differ in number: equal names may then mean different closures."""
    counts: list[dict[str, int]] = []
    for names in (base.steady, head.steady):
        families = Counter(key for name in names if (key := without_numbers(name)) != without_wrapper(name))
        counts.append(families)
    both = counts[0].keys() & counts[1].keys()
    changed = {key.partition(".#")[0] for key in both if counts[0][key] != counts[1][key]}
    return tuple(sorted(changed))


def without_types(name: str) -> str:
    """Leave out type arguments too: ``F[go.shape.int]`` and ``F[...]`` are both ``F[]``."""
    kept: list[str] = []
    depth = 0
    for letter in without_version(name):
        depth -= letter == "]"
        if depth <= 0:
            kept.append(letter)
        depth += letter == "["
    return "".join(kept)


def without_version(name: str) -> str:
    """Leave out the major version of a module path, ``@v1.2.3``, and the folder it is vendored in."""
    return _VERSION.sub("", _VENDOR.sub("", name))


def without_wrapper(name: str) -> str:
    """Leave out the mark of a method value or of an ABI wrapper."""
    return _WRAPPER.sub("", without_types(name))


@cache
def without_numbers(name: str) -> str:
    """Leave out the numbers of closures: ``F.func2.1`` is ``F.#``; ``init.0`` is ``init.#``."""
    found = _NUMBERED.search(name)
    if found is None:
        return without_wrapper(name)
    depth = len(re.findall(r"\d+", name[found.start() :]))
    kind = re.sub(r"\d+", "", found.group()).strip(".-") or "func"
    return f"{without_wrapper(name[: found.start()])}.#{kind}{depth}"


_RULES: Final[tuple[tuple[str, Callable[[str], str], bool], ...]] = (
    ("version", without_version, True),
    ("generic", without_types, False),
    ("wrapper", without_wrapper, False),
    ("closure", without_numbers, False),
)
"""What a match is called, what it leaves out of names, and whether it can be told without the runs."""


def _by_key(
    left: Sequence[str],
    right: Sequence[str],
    key: Callable[[str], str],
    base: Mapping[str, float],
    head: Mapping[str, float],
) -> list[tuple[str, str]]:
    families: dict[str, tuple[list[str], list[str]]] = {}
    for side, names in enumerate((left, right)):
        for name in names:
            families.setdefault(key(name), ([], []))[side].append(name)
    pairs: list[tuple[str, str]] = []
    for olds, news in families.values():
        if olds and news:
            pairs += _align(sorted(olds, key=_numbers), sorted(news, key=_numbers), base, head)
    return pairs


def _numbers(name: str) -> tuple[tuple[int, ...], str]:
    return tuple(int(digits[:18]) for digits in re.findall(r"\d+", name)), name


def _align(
    olds: Sequence[str], news: Sequence[str], base: Mapping[str, float], head: Mapping[str, float]
) -> list[tuple[str, str]]:
    """Pair two ordered lists without crossing, as many as fit, so that the costs agree best."""
    if len(olds) == len(news):
        return list(zip(olds, news, strict=True))
    # best[i][j]: the (count, agreement) of the first i olds and j news.
    best = [[(0, 0.0)] * (len(news) + 1) for _ in range(len(olds) + 1)]
    for i, old in enumerate(olds, 1):
        for j, new in enumerate(news, 1):
            agreement = _agreement(base[old], head[new])
            taken = (best[i - 1][j - 1][0] + 1, best[i - 1][j - 1][1] + agreement)
            best[i][j] = max(best[i - 1][j], best[i][j - 1], *([taken] if agreement >= 1 / _CHANGE else []))
    pairs: list[tuple[str, str]] = []
    i, j = len(olds), len(news)
    while i and j:
        if best[i][j] == best[i - 1][j]:
            i -= 1
        elif best[i][j] == best[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((olds[i], news[j]))
    return pairs[::-1]


def _agreement(first: float, second: float) -> float:
    small, large = sorted((abs(first), abs(second)))
    return small / large if large else 1.0
