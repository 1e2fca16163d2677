"""The top report, computed: filters, totals, nodes, trimming and order as in pprof.

Rules: takes a profile as `analysis.source.open_profile` leaves it. Percentages are of the total before filtering,
unless they are asked to be relative. Source of the rules: google/pprof, internal/report and internal/graph.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from pipeline.analysis import graph as graphs
from pipeline.analysis.columns import Mask
from pipeline.analysis.filter import apply_filters
from pipeline.analysis.header import describe
from pipeline.analysis.merge import BASE_LABEL
from pipeline.analysis.tagfilter import number_label_units
from pipeline.errors import UsageError
from pipeline.model.profile import Int, Profile, SampleType
from pipeline.model.report import ReportOptions, ReportRow, TextReport


def build_top_report(profile: Profile, options: ReportOptions) -> TextReport:
    """Compute the report; raises UsageError for options that do not fit the profile."""
    index = find_sample_type(profile, options.sample_index)
    filtered = apply_filters(profile, options.filters, number_label_units(profile))
    total = report_total(filtered.profile if options.relative_percentages else profile, index, mean=options.mean)
    kind = profile.sample_types[index]
    weighed = _weigh(filtered.profile, index, options)
    chosen, node_total, dropped = _select(weighed, options)
    return TextReport(
        header=describe(profile),
        sample_type=SampleType(f"mean_{kind.type}" if options.mean else kind.type, kind.unit),
        total=total,
        rows=_rows(weighed, chosen, options),
        node_total=node_total,
        dropped=dropped,
        node_fraction=options.node_fraction if options.trim else 0.0,
        warnings=filtered.warnings,
    )


def find_sample_type(profile: Profile, name: str) -> int:
    """Find a sample type by name or number, the default one without; raises UsageError with the names there are."""
    if not profile.sample_types:
        raise UsageError("profile has no samples")
    if not name:
        return profile.sample_index()
    names = [kind.type for kind in profile.sample_types]
    if re.fullmatch("[+-]?[0-9]{1,18}", name):
        if not 0 <= int(name) < len(names):
            raise UsageError(f"sample_index {name} is outside the range [0..{len(names) - 1}]")
        return int(name)
    for index, known in enumerate(names):
        if known in {name, name.removeprefix("inuse_")}:
            return index
    raise UsageError(f'sample_index "{name}" must be one of: [{" ".join(names)}]')


def report_total(profile: Profile, index: int, *, mean: bool) -> int:
    """Add up the absolute values percentages are of; samples of a diff base count alone when there are any."""
    values = np.abs(profile.samples.values[:, index])
    divisors = profile.samples.values[:, 0] if mean else np.zeros(len(values), np.int64)
    total, divisor = int(values.sum()), int(divisors.sum())
    base = _base_samples(profile)
    if int(values[base].sum()) > 0:
        total, divisor = int(values[base].sum()), int(divisors[base].sum())
    return _divide(total, divisor)


def exact_total(profile: Profile, index: int) -> int:
    """Add up like `report_total`, but without wrapping past int64: what pages show."""
    return report_total(profile, index, mean=False) if _base_samples(profile).any() else profile.total(index)


def _base_samples(profile: Profile) -> Mask:
    labels, chosen = profile.labels, np.zeros(len(profile.samples), np.bool_)
    pairs = zip(labels.key, labels.text, strict=True)
    rows = [row for row, pair in enumerate(pairs) if pair == BASE_LABEL and not labels.is_number[row]]
    chosen[labels.sample[rows]] = True
    return chosen


def _divide(value: int, divisor: int) -> int:
    """Divide as Go does, towards zero; by zero gives the value itself."""
    if divisor == 0:
        return value
    whole = abs(value) // abs(divisor)
    return whole if (value < 0) == (divisor < 0) else -whole


@dataclass(frozen=True, slots=True, eq=False)
class _Weighed:
    """Nodes with their weights; the divisors are all 0 unless means are asked for."""

    graph: graphs.Graph
    values: Int
    counted: Mask
    flat: Int
    cum: Int
    flat_divisor: Int
    cum_divisor: Int

    def flat_value(self, node: int) -> int:
        return _divide(int(self.flat[node]), int(self.flat_divisor[node]))

    def cum_value(self, node: int) -> int:
        return _divide(int(self.cum[node]), int(self.cum_divisor[node]))


def _weigh(profile: Profile, index: int, options: ReportOptions) -> _Weighed:
    rules = graphs.NodeRules(
        options.granularity, options.no_inlines, options.show_columns, options.trim_path, options.source_path
    )
    graph = graphs.build_graph(profile, rules)
    where = graphs.presence(graph)
    values = profile.samples.values[:, index]
    divisors = profile.samples.values[:, 0] if options.mean else np.zeros(len(values), np.int64)
    return _Weighed(
        graph=graph,
        values=values,
        counted=(values != 0) | (divisors != 0),
        flat=graphs.flat_weights(graph, where, values),
        cum=graphs.cum_weights(graph, where, values),
        flat_divisor=graphs.flat_weights(graph, where, divisors),
        cum_divisor=graphs.cum_weights(graph, where, divisors),
    )


def _select(weighed: _Weighed, options: ReportOptions) -> tuple[list[int], int, int]:
    """Choose and order the nodes to show; returns them, how many there were, and how many were too light."""
    alive = _alive(weighed, options)
    cutoff = _cutoff(weighed, alive, options.node_fraction) if options.trim else 0
    heavy = alive & (np.abs(weighed.cum) >= cutoff)
    infos = weighed.graph.infos
    first, second = (weighed.cum, weighed.flat) if options.cum_sort else (weighed.flat, weighed.cum)
    keyed = [
        (-abs(int(first[node])), infos[node].printable(), -abs(int(second[node])), infos[node], node)
        for node in np.flatnonzero(heavy).tolist()
    ]
    order = [key[-1] for key in sorted(keyed)]
    limit = options.node_count if options.trim and options.node_count > 0 else len(order)
    return order[:limit], len(order), int(alive.sum()) - len(order)


def _alive(weighed: _Weighed, options: ReportOptions) -> Mask:
    flat, cum = weighed.flat, weighed.cum
    alive: Mask = (flat != 0) | (cum != 0)
    if options.drop_negative:
        alive &= ~((flat < 0) | ((flat == 0) & (cum < 0)))
    return alive


def _cutoff(weighed: _Weighed, alive: Mask, fraction: float) -> int:
    return abs(int(float(weighed.flat[alive].sum()) * fraction))


def _rows(weighed: _Weighed, chosen: list[int], options: ReportOptions) -> tuple[ReportRow, ...]:
    alive = _alive(weighed, options)
    kept = np.ones(len(weighed.graph), np.bool_)
    if len(chosen) != int(alive.sum()):
        # pprof builds the graph anew from the nodes it shows, so calls go from shown node to shown node.
        kept = np.zeros(len(weighed.graph), np.bool_)
        kept[chosen] = True
    cutoff = _cutoff(weighed, alive, options.edge_fraction) if options.trim else 0
    marks = graphs.inline_marks(weighed.graph, weighed.values, weighed.counted, kept, cutoff)
    infos = weighed.graph.infos
    return tuple(
        ReportRow(infos[node].printable(), weighed.flat_value(node), weighed.cum_value(node), marks[node])
        for node in chosen
    )
