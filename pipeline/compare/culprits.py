"""The fewest call paths that explain a change of a total, in words.

How: each node of the diff tree is weighed by its change over the square root of its cost on both sides: how far it
stands out of what sampling alone moves. Callers of the place that changed have the same change at a higher cost, calls
below it a part of the change at that part of the cost, so the place itself stands out most. Chance favours small
places, so a caller is preferred whose other calls changed nearly as much in proportion, and of a recursion the
outermost call. The place is taken, its callers are not looked at again, and the search is repeated until `COVERED` of
the net change is explained. A place that holds more than `WIDE` of the whole profile explains little: it is parted into
the few calls that hold its change.

Rules: calls that have practically the whole cost of the place cannot be told apart by cost. Of these is named the one
through which the program's own package is entered that the cost ends in, else the first. Only counts in the profile
tell *more* from *dearer*; CPU has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline import units
from pipeline.compare.diff import diff_tree
from pipeline.compare.measured import Measured
from pipeline.model.difference import Culprit, DiffTree, Float, Sides, Weights
from pipeline.model.origin import is_standard
from pipeline.model.symbol import package_of

COVERED: Final = 0.9
NEGLIGIBLE: Final = 0.001
"""Changes below this share of the total are not explained."""
WIDE: Final = 0.5
_MOST: Final = 5
_PARTS: Final = 3
_SHOWN_AGAINST: Final = 3
_SMALLEST: Final = 0.1
_ALIKE: Final = 0.5
"""A caller is preferred whose other calls have changed at least so much in proportion, compared with the place."""
_SAME_COST: Final = 1.05
_SAME: Final = 0.05
_NOUNS: Final = {"delay": ("waits", "longer", "shorter")}
_OBJECTS: Final = ("objects", "larger", "smaller")


@dataclass(frozen=True, slots=True)
class Blame:
    """Who explains a change, how much of it, and who went the other way."""

    culprits: tuple[Culprit, ...] = ()
    explained: float = 0.0
    against: tuple[Culprit, ...] = ()


def blame(table: Measured, total: Weights) -> Blame:
    """Explain the change of a table's total; nothing where it hardly changed."""
    tree = diff_tree(table.alignment, *table.mean_flat(table.sample_type.type))
    sides = total.judged
    if abs(sides.delta) <= NEGLIGIBLE * max(abs(sides.base), abs(sides.head)) or not len(tree):
        return Blame()
    counts = table.mean_flat(table.count_type.type) if table.count_type else None
    counted = diff_tree(table.alignment, *counts) if counts else None
    sign = 1.0 if sides.delta > 0 else -1.0
    chosen = _told(_Search(tree, sign), table, counted, sides.delta)
    against = _told(_Search(tree, -sign), table, counted, sides.delta)
    while len(chosen) > 1 and sum(one.explains for one in chosen[:-1]) >= COVERED:
        chosen.pop()
    return Blame(tuple(chosen), sum(one.explains for one in chosen), tuple(against[:_SHOWN_AGAINST]))


class _Search:
    """The diff tree seen in one direction of change: ``gain`` is how far each subtree went that way."""

    def __init__(self, tree: DiffTree, sign: float) -> None:
        self.tree = tree
        self.gain: Float = sign * (tree.head_cum - tree.base_cum)
        self.larger: Float = np.maximum(tree.base_cum, tree.head_cum)
        roots = tree.parent < 0
        self.whole = max(float(tree.base_cum[roots].sum()), float(tree.head_cum[roots].sum()))
        self._below = np.argsort(tree.parent, kind="stable")
        self._start = np.searchsorted(tree.parent[self._below], np.arange(-1, len(tree) + 1))

    def places(self, wanted: float, smallest: float) -> list[int]:
        """Find disjoint nodes that explain ``wanted`` of the gain, each of them at least ``smallest``."""
        gain, cost = self.gain, np.abs(self.tree.base_cum) + np.abs(self.tree.head_cum)
        open_ = np.ones(len(gain), np.bool_)
        found: list[int] = []
        while len(found) < _MOST and wanted > 0:
            telling = np.where(open_ & (gain >= smallest) & (cost > 0), gain, 0.0) / np.sqrt(np.maximum(cost, 1e-300))
            node = int(telling.argmax())
            if telling[node] <= 0:
                break
            node = self._outermost(self._widen(node, cost, open_), open_)
            found += self._part(node, _MOST - len(found))
            wanted -= self.gain[node]
            self._close(node, open_)
        return found

    def _part(self, node: int, most: int) -> list[int]:
        """Part a place that is too wide into at most ``most`` that hold its change."""
        open_, found = [node], list[int]()
        while open_:
            node = open_.pop()
            parts = self._holders(node) if self.larger[node] > WIDE * self.whole else []
            if parts and len(open_) + len(found) + len(parts) <= most:
                open_ += parts
            else:
                found.append(node)
        return found

    def _holders(self, node: int) -> list[int]:
        """Find the fewest calls below a node that hold nearly all of its gain; none where it takes many."""
        parts = sorted(self.children(node), key=lambda one: (-self.gain[one], self.name(one)))[:_PARTS]
        for count in range(1, len(parts) + 1):
            if self.gain[parts[:count]].sum() >= COVERED * self.gain[node]:
                return parts[:count] if self.gain[parts[count - 1]] > 0 else []
        return []

    def _widen(self, node: int, cost: Float, open_: NDArray[np.bool_]) -> int:
        above = int(self.tree.parent[node])
        while above >= 0 and open_[above]:
            more, dearer = self.gain[above] / self.gain[node] - 1, cost[above] / cost[node] - 1
            if more > 0 and more >= _ALIKE * dearer:
                node = above
            above = int(self.tree.parent[above])
        return node

    def _outermost(self, node: int, open_: NDArray[np.bool_]) -> int:
        """Climb out of a recursion: how deep in it a change shows is chance."""
        above, frame = int(self.tree.parent[node]), int(self.tree.frame[node])
        while above >= 0 and open_[above]:
            if int(self.tree.frame[above]) == frame and self.gain[above] >= COVERED * self.gain[node]:
                node = above
            above = int(self.tree.parent[above])
        return node

    def _close(self, node: int, open_: NDArray[np.bool_]) -> None:
        """Take a subtree and all its callers out of the search: places are disjoint."""
        above = int(self.tree.parent[node])
        while above >= 0:
            open_[above] = False
            above = int(self.tree.parent[above])
        pending = [node]
        while pending:
            one = pending.pop()
            open_[one] = False
            pending += self.children(one)

    def children(self, node: int) -> list[int]:
        """List the calls below a node (-1: the roots)."""
        below: list[int] = self._below[self._start[node + 1] : self._start[node + 2]].tolist()
        return below

    def chain(self, node: int) -> tuple[str, ...]:
        """Follow the one call that holds nearly all of the gain, as long as there is one."""
        names, least = [self.name(node)], COVERED * self.gain[node]
        while len(held := [one for one in self.children(node) if self.gain[one] >= least > 0]) == 1:
            node = held[0]
            names.append(self.name(node))
        return tuple(dict.fromkeys(names))

    def entry(self, place: int) -> int:
        """Choose among the calls of practically the same cost, as told above."""
        node = place
        while (above := int(self.tree.parent[node])) >= 0 and self._costs_the_same(above, place):
            node = above
        same = [node]
        while below := [one for one in self.children(node) if self._costs_the_same(place, one)]:
            node = below[0]
            same.append(node)
        own = [one for one in same if not _is_library(self.name(one))]
        packages = [package_of(self.name(one)) for one in own]
        while len(own) > 1 and packages[-2] == packages[-1]:
            own.pop()
            packages.pop()
        return own[-1] if own else same[0]

    def _costs_the_same(self, above: int, node: int) -> bool:
        columns = (self.tree.base_cum, self.tree.head_cum)
        return all(abs(column[above]) <= _SAME_COST * abs(column[node]) for column in columns)

    def name(self, node: int) -> str:
        """Name the function of a node."""
        return self.tree.names[int(self.tree.frame[node])]

    def path(self, node: int) -> tuple[str, ...]:
        """List the functions from the root to a node."""
        names: list[str] = []
        while node >= 0:
            names.append(self.name(node))
            node = int(self.tree.parent[node])
        return tuple(names[::-1])


def _is_library(name: str) -> bool:
    return is_standard(package_of(name))


def _told(search: _Search, table: Measured, counted: DiffTree | None, net: float) -> list[Culprit]:
    """Tell the places by function, those with the largest change first."""
    groups: dict[str, list[int]] = {}
    for place in search.places(COVERED * abs(net), _SMALLEST * abs(net)):
        entry = search.entry(place)
        groups.setdefault(search.name(entry), []).append(entry)
    found = [_culprit(search, entries, table, counted, net) for entries in groups.values()]
    return sorted(found, key=lambda one: (-abs(one.explains), one.function))


def _culprit(search: _Search, entries: Sequence[int], table: Measured, counted: DiffTree | None, net: float) -> Culprit:
    first = max(entries, key=lambda entry: search.gain[entry])
    name, path = search.name(first), search.path(first)
    callers = [one for one in path[:-1] if one != name]
    under = next((one for one in reversed(callers) if not _is_library(one)), callers[-1] if callers else "")
    cost = _sum(search.tree, entries)
    count = _sum(counted, entries) if counted is not None else None
    unit = table.sample_type.unit + ("/op" if table.operations is not None else "")
    return Culprit(
        function=name,
        under=under,
        path=path,
        chain=search.chain(first),
        paths=len(entries),
        cost=cost,
        count=count,
        explains=cost.delta / net,
        how=how(cost, count, unit, table.sample_type.type),
    )


def _sum(tree: DiffTree, nodes: Sequence[int]) -> Sides:
    return Sides(float(tree.base_cum[nodes].sum()), float(tree.head_cum[nodes].sum()))


def how(cost: Sides, count: Sides | None, unit: str, sample_type: str) -> str:
    """Say by how much a cost changed, and whether by number or by size where the profile counts."""
    sign = "+" if cost.delta > 0 else "−"
    amount = f"{sign}{units.show(abs(cost.delta), unit)}"
    if cost.base == 0 or cost.head == 0:
        return f"{amount}, {'new: no base run has this path' if cost.base == 0 else 'gone: no head run has this path'}"
    amount += f" ({units.show_delta(cost.base, cost.head)})"
    if count is None or min(count.base, count.head, cost.base, cost.head) <= 0:
        return amount
    noun, larger, smaller = _NOUNS.get(sample_type, _OBJECTS)
    size = Sides(cost.base / count.base, cost.head / count.head)
    number, each = count.head / count.base - 1, size.head / size.base - 1
    plain = unit.partition("/")[0]
    sizes = f"{units.show(size.base, plain)} → {units.show(size.head, plain)}"
    more = f"{abs(number) * 100:.{1 if number < -0.99 else 0}f} % {'more' if number > 0 else 'fewer'} {noun}"
    if abs(each) < _SAME:
        length = "length" if noun == "waits" else "size"
        return f"{amount}: {more} of the same {length}" if abs(number) >= _SAME else amount
    many = f"as many {noun}" if abs(number) < _SAME else more
    return f"{amount}: {many}, each {larger if each > 0 else smaller}: {sizes}"
