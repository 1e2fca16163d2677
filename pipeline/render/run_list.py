"""The list of runs: the newest as rows of a table, all of them as one data file, and what they can be chosen by. Pure.

Rules: newest first; a failed or partial run is in the list like any other and says so. A page holds the newest
`ROWS`; a script reads the others from ``data/runs.js`` when a reader asks for them. That file is a classic script,
because ``fetch`` does not work from ``file://``: ``profbook.runs = {format, tables, columns}``, where a column has one
entry a run, texts are as shown, keys are what is sorted by, and numbers in ``label``, ``branch``, ``state`` and
``components`` are places in the table of that name.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.model.summary import Cell, RunSummary, column
from pipeline.render import encode
from pipeline.render.run_cells import COLUMNS
from pipeline.render.state import State, state_of_key

FORMAT: Final = 1
PLACE: Final = "data/runs.js"
"""Where the data file goes, from the site's root."""

ROWS: Final = 50
"""How many runs are in the page itself."""

_CHIPS: Final = 8
_COMMIT_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in the table; ``about`` says which branch, commit and components."""

    id: str
    slug: str
    label: str
    branch: str
    components: tuple[str, ...]
    started: str
    about: str
    state: State
    cells: Sequence[Cell]
    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class Facet:
    """One property runs can be chosen by: its values with how many runs have each, the most frequent first."""

    key: str
    title: str
    values: tuple[tuple[str, int], ...]

    @property
    def shown(self) -> tuple[tuple[str, int], ...]:
        """Give the values that are shown at once."""
        return self.values[:_CHIPS]

    @property
    def more(self) -> tuple[tuple[str, int], ...]:
        """Give the values that are shown when asked for."""
        return self.values[_CHIPS:]


@dataclass(frozen=True, slots=True)
class RunListing:
    """The list for pages: the newest ``rows`` of ``total`` runs, and the ``data`` of all with its ``version``."""

    rows: tuple[RunRow, ...]
    total: int
    facets: tuple[Facet, ...]
    data: bytes
    version: str


def newest_first(summaries: Iterable[RunSummary]) -> tuple[RunSummary, ...]:
    """Order runs by start, newest first; runs without a start come last, by name."""
    known = tuple(summaries)
    dated = sorted((one for one in known if one.started), key=lambda one: (one.started, one.id))
    return (*reversed(dated), *sorted((one for one in known if not one.started), key=lambda one: one.id))


def run_listing(summaries: Iterable[RunSummary]) -> RunListing:
    """Prepare the list of runs once for all pages that show it."""
    rows = tuple(_row(one) for one in newest_first(summaries))
    data = _data(rows)
    return RunListing(rows[:ROWS], len(rows), _facets(rows), data, hashlib.sha256(data).hexdigest()[:8])


def runs_data(summaries: Iterable[RunSummary]) -> bytes:
    """Write the data file of all runs."""
    return run_listing(summaries).data


def _row(summary: RunSummary) -> RunRow:
    components = _components(summary)
    return RunRow(
        id=summary.id,
        slug=encode.safe_name(summary.id),
        label=summary.label,
        branch=summary.branch,
        components=components,
        started=summary.started,
        about=_about(summary, components),
        state=state_of_key(summary.state),
        cells=summary.cells,
        errors=summary.errors,
        warnings=summary.warnings,
    )


def _about(summary: RunSummary, components: Sequence[str]) -> str:
    """Say which commit of which branch it was, and of which components where there are several."""
    commit = summary.commit[:_COMMIT_DIGITS] + (" + changes" if summary.dirty and summary.commit else "")
    several = ", ".join(components) if len(components) > 1 else ""
    return " · ".join(part for part in (summary.branch, commit, several) if part)


def _components(summary: RunSummary) -> tuple[str, ...]:
    """Name the components that were profiled; of a run without profiles those that were measured."""
    profiled = set(column(summary.profiles, "component")) or set(column(summary.measurements, "component"))
    return tuple(sorted(profiled - {""}))


def _facets(rows: Sequence[RunRow]) -> tuple[Facet, ...]:
    """Count the values of each property; one that does not tell runs apart is left out."""
    asked = (
        ("label", "Label", [(row.label,) for row in rows]),
        ("branch", "Branch", [(row.branch,) for row in rows]),
        ("component", "Component", [row.components for row in rows]),
        ("status", "Status", [(row.state.word,) for row in rows]),
    )
    made = []
    for key, title, values in asked:
        counted = Counter(value for each in values for value in dict.fromkeys(each) if value)
        if len(counted) > 1:
            made.append(Facet(key, title, tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))))
    return tuple(made)


def _data(rows: Sequence[RunRow]) -> bytes:
    labels, branches, components = ({}, {}, {})  # type: tuple[dict[str, int], dict[str, int], dict[str, int]]
    states: dict[State, int] = {}
    columns: dict[str, list[Any]] = {
        "run": [encode.visible(row.id) for row in rows],
        "slug": [0 if row.slug == row.id else row.slug for row in rows],
        "started": [encode.visible(row.started) for row in rows],
        "label": [labels.setdefault(encode.visible(row.label), len(labels)) for row in rows],
        "branch": [branches.setdefault(encode.visible(row.branch), len(branches)) for row in rows],
        "components": [
            [components.setdefault(encode.visible(name), len(components)) for name in row.components] for row in rows
        ],
        "about": [encode.visible(row.about) for row in rows],
        "state": [states.setdefault(row.state, len(states)) for row in rows],
        "errors": [row.errors for row in rows],
        "warnings": [row.warnings for row in rows],
        "texts": _across([column(row.cells, "text") for row in rows]),
        "keys": _across([column(row.cells, "key") for row in rows]),
    }
    tables = {
        "label": list(labels),
        "branch": list(branches),
        "components": list(components),
        "state": [[state.word, state.sign, state.tone] for state in states],
    }
    text = encode.json_text({"format": FORMAT, "tables": tables, "columns": columns})
    return f"(globalThis.profbook ??= {{}}).runs = {text};\n".encode("utf-8", "backslashreplace")


def _across(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Turn the numbers of each run into those of each column."""
    return [list(texts) for texts in zip(*rows, strict=True)] or [[] for _ in COLUMNS]
