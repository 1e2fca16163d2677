"""The explorer's page, and the catalogue: from it any profile of any run is opened, and a run's page finds its place.
Pure.

Rules: the page itself knows no run. The catalogue is a small list of runs (``data/catalogue.js``), and for each run a
list of its profiles (``runs/<run>/profiles.js``), read when one of them is asked for: so the page costs the same with
three runs and with three thousand. Both are classic scripts, because ``fetch`` does not work from ``file://``; all but
the catalogue hold their value packed (`payload.packed`).

``profbook.data("catalogue", {format, runs: [[run, label, started]], bare, compared, outcomes})``, newest first, and
``profbook.data("run/<run>", {format, run, label, profiles: [{path, component, kind, phase, index, payload, types,
default, totals, operations, title, hasSource, hasGoroutines}]})``. ``<run>/<path>`` is a profile's address in
``/explore/?p=…&base=…``; ``operations`` is how many operations of the load the profile covers, 0 when unknown. What the
last two tell of is in files of their own: `explore_source`, `explore_goroutines`. For the pages of runs, which later
runs do not change, the catalogue is ``profbook.catalogue`` too, and tells what is around each: ``bare`` are the runs
without profiles ([place among all, run]), ``compared`` the comparisons by [address, title, place of the outcome, places
of its runs], those that conclude something first, ``outcomes`` the outcomes' [word, sign, tone].
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any, Final

from pipeline.model.metric import LoadResult
from pipeline.model.page import StampedPage
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.summary import RunSummary, column
from pipeline.model.verdict import Comparison, Outcome
from pipeline.render import encode, links, payload
from pipeline.render.compare_page import title_of
from pipeline.render.env import Environment, render
from pipeline.render.explore_goroutines import followed_goroutines, is_followed
from pipeline.render.explore_source import stored_source
from pipeline.render.profile_groups import kind_title, taken_order
from pipeline.render.state import OUTCOMES

FORMAT: Final = 1
CATALOGUE: Final = "data/catalogue.js"
_WORTH: Final[tuple[Outcome, ...]] = ("regressed", "improved", "unchanged", "inconclusive", "invalid")
"""Comparisons that conclude something come first."""

_WINDOWS: Final = frozenset({"cpu", "heap-delta", "allocs-delta", "block-delta", "mutex-delta"})
"""Kinds that cover a window of the load; the others count since the process started, or are a moment."""


def explore_page(env: Environment) -> StampedPage:
    """Make the explorer's one page."""
    return StampedPage(
        links.EXPLORER, "Explorer", render(env, "pages/explore.html.j2", root="../"), (("explorer", "Explorer"),)
    )


def runs_catalogue(summaries: Sequence[RunSummary], comparisons: Sequence[Comparison] = ()) -> bytes:
    """Write ``data/catalogue.js``; ``summaries`` come newest first."""
    opened = [any(column(one.profiles, "tree")) for one in summaries]
    runs = [[encode.safe_name(one.id), encode.visible(one.label), one.started] for one in compress(summaries, opened)]
    bare = [[place, encode.safe_name(one.id)] for place, one in enumerate(summaries) if not opened[place]]
    found = {"format": FORMAT, "runs": runs, "bare": bare, **_compared(summaries, comparisons)}
    script = f"(globalThis.profbook ??= {{}}).catalogue = {encode.json_text(found)};\n"
    return f'{script}profbook.data?.("catalogue", profbook.catalogue);\n'.encode("utf-8", "backslashreplace")


def _compared(summaries: Sequence[RunSummary], comparisons: Sequence[Comparison]) -> dict[str, list[Any]]:
    places = {one.id: place for place, one in enumerate(summaries)}
    told = [
        [
            links.to_page(links.compare_page(one), root=""),
            encode.visible(title_of(one)),
            _WORTH.index(one.outcome),
            sorted({places[run] for run in (*one.base_runs, *one.head_runs) if run in places}),
        ]
        for one in sorted(comparisons, key=lambda one: (_WORTH.index(one.outcome), one.slug))
    ]
    words = [OUTCOMES[one] for one in _WORTH] if told else []
    return {"compared": told, "outcomes": [[one.word, one.sign, one.tone] for one in words]}


def run_catalogue(record: RunRecord) -> dict[str, bytes]:
    """Write the files of one run, path under the site -> bytes; none when it has no profile to open."""
    if not any(profile.tree for profile in record.profiles):
        return {}
    name, place = encode.safe_name(record.run.id), links.run_page(record.run.id)
    files = {f"{place}profiles.js": payload.packed("data", f"run/{name}", _run(record, name))}
    if followed := followed_goroutines(record):
        files[f"{place}goroutines.js"] = payload.packed("data", f"goroutines/{name}", followed)
    for profile in record.profiles:
        if profile.tree and (source := stored_source(profile, record.source)):
            files[f"{place}source-{profile.tree}.js"] = payload.packed("data", f"source/{profile.tree}", source)
    return files


def _run(record: RunRecord, name: str) -> dict[str, Any]:
    taken = sorted(
        (profile for profile in record.profiles if profile.tree),
        key=lambda profile: (profile.component, profile.kind, *taken_order(profile)),
    )
    return {
        "format": FORMAT,
        "run": name,
        "label": encode.visible(record.run.label),
        "profiles": [_profile(profile, record) for profile in taken],
    }


def _profile(profile: ProfileRecord, record: RunRecord) -> dict[str, Any]:
    when = f"snapshot {profile.index}" if profile.index is not None else profile.phase
    return {
        "path": profile.path,
        "component": encode.visible(profile.component),
        "kind": profile.kind,
        "phase": profile.phase,
        "index": profile.index,
        "payload": profile.tree,
        "types": [[encode.visible(kind.type), encode.visible(kind.unit)] for kind in profile.sample_types],
        "default": profile.default_index,
        "totals": [int(total) for total in profile.totals],
        "operations": operations(profile, record.load),
        "title": ", ".join(part for part in (kind_title(profile.kind), when) if part),
        "hasSource": stored_source(profile, record.source) is not None,
        "hasGoroutines": is_followed(profile, record),
    }


def operations(profile: ProfileRecord, load: LoadResult | None) -> float:
    """Count the operations of the load a profile covers; 0 when unknown.

    After the load: all of them. A profile of a window (CPU, deltas): the load's rate × the window's length. Before the
    load, and in the middle of it, the number is not known.
    """
    if load is None:
        return 0.0
    if profile.kind in _WINDOWS:
        return round(load.operations_per_second * profile.duration_nanos / 1e9, 3)
    return 0.0 if profile.phase in {"before", "series"} else float(load.operations)
