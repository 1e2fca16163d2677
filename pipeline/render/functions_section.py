"""The functions and culprits of a comparison, ready to print. Pure.

Rules: a function is marked only where the judgement claims a change. Every number has its unit, every change its sign;
the three scales (per operation or run, per run, share of the total) stand side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.model.difference import Culprit, Difference, FunctionChange, FunctionOutcome, Presence, Sides, Weights
from pipeline.model.verdict import Comparison
from pipeline.render import encode
from pipeline.render.profile_groups import kind_title
from pipeline.render.state import OUTCOMES, State

ROWS: Final = 20
_NEEDS: Final = "needs "
_STATES: Final[Mapping[FunctionOutcome, State]] = {
    "regressed": State("dearer", "▼", "bad", "Costs significantly more."),
    "improved": State("cheaper", "▲", "good", "Costs significantly less."),
    "unchanged": OUTCOMES["unchanged"],
    "inconclusive": OUTCOMES["inconclusive"],
    "new": State("new", "▼", "bad", "In every run of head and in none of base."),
    "gone": State("gone", "▲", "good", "In every run of base and in none of head."),
}
_SEEN: Final[Mapping[Presence, str]] = {
    "both": "",
    "base": "only in base, in every run",
    "head": "only in head, in every run",
    "some": "only on one side, not in every run",
}


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """One function; ``notes`` say what the columns cannot, ``share`` is its change relative to the table's largest."""

    change: FunctionChange
    flat: Sides
    cum: Sides
    run: float
    points: str
    share: float
    p: str
    q: str
    state: State
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CulpritLine:
    """One culprit; ``inside`` is where its chain of calls ends (empty: with itself), ``part`` what it explains."""

    culprit: Culprit
    inside: str
    part: str


@dataclass(frozen=True, slots=True)
class FunctionView:
    """One sample type: its total in words, who explains it, and its functions.

    ``needs`` says how many runs would decide about functions that these cannot decide about. ``first`` are the
    functions to show, ``further`` the others that differ.
    """

    id: str
    title: str
    unit: str
    run_unit: str
    difference: Difference
    total: str
    state: State
    culprits: tuple[CulpritLine, ...]
    against: tuple[CulpritLine, ...]
    caveat: str
    needs: str
    first: tuple[FunctionRow, ...]
    further: tuple[FunctionRow, ...]
    doubts: tuple[str, ...]


def function_views(comparison: Comparison) -> tuple[FunctionView, ...]:
    """Prepare each sample type that both sides have."""
    many = len({one.component for one in comparison.functions}) > 1
    return tuple(_view(one, many=many) for one in comparison.functions)


def _view(one: Difference, *, many: bool) -> FunctionView:
    unit = f"{one.sample_type.unit}/op" if one.per_op else one.sample_type.unit
    shown = one.functions[: max(ROWS, sum(row.outcome not in {"unchanged", "inconclusive"} for row in one.functions))]
    largest = max((abs(row.flat.judged.delta) for row in shown), default=0.0) or 1.0
    title = f"{f'{one.component}: ' if many else ''}{kind_title(one.kind)} ({one.sample_type.type})"
    total = one.total.judged
    return FunctionView(
        id=encode.anchor("functions", one.component, one.kind, one.sample_type.type),
        title=title,
        unit=unit,
        run_unit=one.sample_type.unit,
        difference=one,
        total=f"{units.show(total.base, unit)} → {units.show(total.head, unit)} "
        f"({units.show_delta(total.base, total.head)}, p = {one.p:.3f})",
        state=_STATES[one.outcome],
        culprits=tuple(_line(culprit) for culprit in one.culprits),
        against=tuple(_line(culprit) for culprit in one.against),
        caveat=_caveat(one),
        needs=next((row.reason for row in one.functions if row.reason.startswith(_NEEDS)), ""),
        first=tuple(_row(row, largest) for row in shown[:ROWS]),
        further=tuple(_row(row, largest) for row in shown[ROWS:]),
        doubts=_doubts(one),
    )


def _caveat(one: Difference) -> str:
    """Say how far the culprits may be trusted."""
    said = []
    if one.outcome in {"inconclusive", "unchanged"}:
        said.append("The change of the total is not proved: these paths show where it was seen.")
    if one.count_type is None and one.kind == "cpu":
        said.append(
            "CPU samples cannot tell how often a function is called: more calls and dearer calls look the same."
        )
    return " ".join(said)


def _line(culprit: Culprit) -> CulpritLine:
    inside = culprit.chain[-1] if len(culprit.chain) > 1 else ""
    return CulpritLine(culprit, inside, f"{abs(culprit.explains) * 100:.0f} %")


def _row(row: FunctionChange, largest: float) -> FunctionRow:
    tested = bool(row.measure)
    reason = "" if row.reason.startswith(_NEEDS) else row.reason
    notes = [_SEEN[row.presence], f"in head: {row.head_name}" if row.head_name else "", reason]
    return FunctionRow(
        change=row,
        flat=row.flat.judged,
        cum=row.cum.judged,
        run=row.cum.run.delta,
        points=_points(row.cum),
        share=row.flat.judged.delta / largest,
        p=f"{row.p:.3f}" if tested else "–",
        q=f"{row.q:.3f}" if tested else "–",
        state=_STATES[row.outcome],
        notes=tuple(filter(None, notes)),
    )


def _points(weights: Weights) -> str:
    """Write the change of a share in percentage points."""
    points = weights.share.delta * 100
    sign = "+" if points > 0 else "−" if points < 0 else ""
    return f"{sign}{abs(points):.1f} pp"


def _doubts(one: Difference) -> tuple[str, ...]:
    found: list[str] = []
    found += [f"{match.head} is taken for {match.base} ({_RULES[match.rule]})" for match in one.matches]
    found += [f"{name} has another number of closures: equal names may be different closures" for name in one.shifted]
    return tuple(found)


_RULES: Final[Mapping[str, str]] = {
    "version": "other version of its module",
    "generic": "other type arguments",
    "wrapper": "method value or ABI wrapper",
    "closure": "closures are numbered anew",
}
