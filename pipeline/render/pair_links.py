"""From a comparison into the explorer: which profiles of which runs stand for its sides. Pure.

Rules: the explorer lays one profile beside one other, while a comparison judges all runs of both sides; so a link names
the runs it leads to. Runs are paired by their place on their side, a shorter side repeats its last.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.model.difference import Difference
from pipeline.model.summary import SummaryProfile
from pipeline.model.verdict import Comparison
from pipeline.render import encode, links
from pipeline.render.profile_groups import kind_title, shown_order

Profiles = Mapping[str, Sequence[SummaryProfile]]
_CLAIMED: Final = frozenset({"improved", "regressed"})


@dataclass(frozen=True, slots=True)
class SideRun:
    """One run of a side; ``href`` is empty for a run without a page, ``diff`` shows it beside the run ``against``."""

    run: str
    href: str
    diff: str = ""
    against: str = ""


@dataclass(frozen=True, slots=True)
class SideView:
    """One side of a comparison with all its runs."""

    role: str
    label: str
    runs: tuple[SideRun, ...]


def side_views(comparison: Comparison, known: Collection[str], *, root: str) -> tuple[SideView, SideView]:
    """List both sides; each run of the head stands beside one of the base."""
    bases = [run for run in comparison.base_runs if run in known]
    heads = [run for run in comparison.head_runs if run in known]
    beside = {run: bases[min(place, len(bases) - 1)] for place, run in enumerate(heads)} if bases else {}
    return (
        SideView("base", comparison.base_label, tuple(_run(run, known, root) for run in comparison.base_runs)),
        SideView(
            "head",
            comparison.head_label,
            tuple(_run(run, known, root, beside.get(run, "")) for run in comparison.head_runs),
        ),
    )


def _run(run: str, known: Collection[str], root: str, against: str = "") -> SideRun:
    if run not in known:
        return SideRun(run, "")
    diff = links.explore(run, root=root, base=(against, "")) if against else ""
    return SideRun(run, links.to_page(links.run_page(run), root=root), diff, against)


@dataclass(frozen=True, slots=True)
class PairFlame:
    """The one flame graph a comparison's page draws: the runs of ``head`` and ``base``, ``profile`` and the one it is
    held ``against`` as the explorer's addresses name them, and the link to the same view in the explorer.
    """

    title: str
    head: str
    base: str
    profile: str
    against: str
    type: str
    scale: str
    href: str


def difference_links(comparison: Comparison, profiles: Profiles, *, root: str) -> dict[tuple[str, str, str], str]:
    """Link each sample type's difference: of either side the last run that has the profile, and of that the one its
    page shows; none where a side has none.
    """
    pairs = ((one, _sides(comparison, one, profiles)) for one in comparison.functions)
    return {(one.component, one.kind, one.sample_type.type): _href(one, *pair, root) for one, pair in pairs if pair}


def lead_flame(comparison: Comparison, profiles: Profiles, *, root: str) -> PairFlame | None:
    """Choose what the page draws: a total that is claimed to have changed goes first, then CPU."""
    for one in sorted(comparison.functions, key=lambda one: (one.outcome not in _CLAIMED, one.kind != "cpu")):
        if pair := _sides(comparison, one, profiles):
            profile, against = (f"{encode.safe_name(run)}/{path}" for run, path in pair)
            return PairFlame(
                title=f"{kind_title(one.kind)} ({one.sample_type.type})",
                head=pair[0][0],
                base=pair[1][0],
                profile=profile,
                against=against,
                type=one.sample_type.type,
                scale="perop" if one.per_op else "absolute",
                href=_href(one, *pair, root),
            )
    return None


def _sides(
    comparison: Comparison, one: Difference, profiles: Profiles
) -> tuple[tuple[str, str], tuple[str, str]] | None:
    head, base = (_newest(runs, one, profiles) for runs in (comparison.head_runs, comparison.base_runs))
    return (head, base) if head and base else None


def _href(one: Difference, head: tuple[str, str], base: tuple[str, str], root: str) -> str:
    asked = f"#t={encode.fragment_value(one.sample_type.type)}{'&sc=perop' if one.per_op else ''}"
    return links.explore(*head, root=root, base=base, fragment=asked)


def _newest(runs: Sequence[str], one: Difference, profiles: Profiles) -> tuple[str, str] | None:
    for run in reversed(runs):
        mine = [found for found in profiles.get(run, ()) if (found.component, found.kind) == (one.component, one.kind)]
        drawn = [found for found in mine if found.tree]
        if drawn:
            return run, max(drawn, key=shown_order).path
    return None
