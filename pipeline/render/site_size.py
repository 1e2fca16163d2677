"""How large a site is and what makes it so, as lines of text: by kind of file, a run, and how many more fit. Pure.

Rules: a size is that of the files as they lie there, a file under several names counted once. What comes with every run
is told per run; how many runs more a host takes follows from that, as if they were like those that are there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.render import encode
from pipeline.render.text_table import cell, layout
from pipeline.units import counted, show

_KINDS: Final = {
    "raw files": re.compile(r"runs/[^/]+/raw/"),
    "profiles at debug/pprof/": re.compile(r"runs/[^/]+/.+/debug/pprof/"),
    "pages of runs": re.compile(r"runs/[^/]+/"),
    "profile data": re.compile(r"data/[0-9a-f]{2}/"),
    "comparisons, decisions": re.compile(r"(compare|matrix|decisions)/"),
    "history": re.compile(r"(data/history|trends|functions)/"),
    "everything else": re.compile(""),
}
"""What a file is by the beginning of its path; the first that fits."""
_RAW: Final = tuple(_KINDS)[:2]
_OF_RUNS: Final = tuple(_KINDS)[:4]
_PAGE: Final = re.compile(r"runs/[^/]+/index\.html")
_LARGEST: Final = 3


@dataclass(frozen=True, slots=True)
class SiteSize:
    """The files of a site, (bytes, path from its root), the largest first, and the bytes it may have."""

    files: Sequence[tuple[int, str]]
    limit: int

    @property
    def total(self) -> int:
        """Give the bytes of all files."""
        return sum(size for size, _ in self.files)

    @property
    def is_too_large(self) -> bool:
        """Tell whether it will not be published."""
        return self.total > self.limit

    @property
    def runs(self) -> int:
        """Count the runs that have a page."""
        return sum(_PAGE.fullmatch(path) is not None for _, path in self.files)

    def kinds(self) -> dict[str, tuple[int, int]]:
        """Give bytes and number of files of every kind there is, in the order they are told in."""
        found = dict.fromkeys(_KINDS, (0, 0))
        for size, path in self.files:
            kind = next(title for title, pattern in _KINDS.items() if pattern.match(path))
            found[kind] = (found[kind][0] + size, found[kind][1] + 1)
        return {title: told for title, told in found.items() if told[1]}


def size_line(size: SiteSize) -> str:
    """Say in a line how large a site is, how large it may be, and what is largest."""
    largest = ", ".join(f"{encode.visible(path)} {show(one, 'bytes')}" for one, path in size.files[:_LARGEST])
    taken = f"{show(size.total, 'bytes')} in {counted(len(size.files), 'file')}"
    return f"{taken}; publish.max_site_bytes lets it have {show(size.limit, 'bytes')} (largest: {largest})"


def size_lines(size: SiteSize) -> list[str]:
    """Say what a site is made of, a line for each kind of file, and how many runs more there is room for."""
    kinds, runs = size.kinds(), size.runs
    cells = [cell(0, column, title, "right", "  ") for column, title in enumerate(("size", "files", "a run"), 1)]
    for row, (title, (taken, files)) in enumerate(kinds.items(), 1):
        share = show(round(taken / runs), "bytes") if title in _OF_RUNS and runs else ""
        told = (show(taken, "bytes"), f"{files:,}", share)
        cells += [cell(row, 0, title), *(cell(row, at, text, "right", "  ") for at, text in enumerate(told, 1))]
    return [*layout(cells).splitlines(), *(_room(size, kinds, runs) if runs else ())]


def _room(size: SiteSize, kinds: dict[str, tuple[int, int]], runs: int) -> list[str]:
    """Say how many runs more there is room for, with raw files and without."""
    mine, raw = (sum(kinds.get(title, (0, 0))[0] for title in titles) for titles in (_OF_RUNS, _RAW))
    lines = [_fits("a run takes", mine, size, mine, runs)]
    if raw and mine > raw:
        lines.append(_fits("without raw files (site.raw_profiles = false) it takes", mine - raw, size, mine, runs))
    return lines


def _fits(title: str, share: int, size: SiteSize, mine: int, runs: int) -> str:
    most = max(0, (size.limit - size.total + mine) * runs // share)
    room = f"room for {most - runs:,} more" if most >= runs else f"site.keep_runs = {most} would fit"
    return f"{title} {show(round(share / runs), 'bytes')}: {room if most else 'not one would fit'}"
