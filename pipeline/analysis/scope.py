"""What a report counts: the sample type, the total that percentages are of, the samples and frames that filters leave.

Rules: takes a profile as `analysis.source.open_profiles` leaves it. Percentages are of the total before filtering,
unless they are asked to be relative. Source of the rules: google/pprof, internal/driver.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from pipeline.analysis.columns import Mask
from pipeline.analysis.filter import apply_filters
from pipeline.analysis.graph import NodeRules
from pipeline.analysis.header import describe
from pipeline.analysis.merge import BASE_LABEL
from pipeline.analysis.tagfilter import number_label_units
from pipeline.analysis.tagframes import add_label_frames
from pipeline.errors import UsageError
from pipeline.model.arithmetic import divide
from pipeline.model.profile import Int, Profile, SampleType
from pipeline.model.report import ReportKind, ReportOptions, ReportRow, TextReport

_TABLES = frozenset({"top", "text", "topproto"})
_WHOLE = frozenset({"proto", "raw", "callgrind"})


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """A profile ready to be reported on: filtered, with what was measured before filtering."""

    kind: ReportKind
    profile: Profile
    options: ReportOptions
    sample_type: SampleType
    index: int
    total: int
    label_units: dict[str, str]
    warnings: tuple[str, ...]

    def values(self) -> Int:
        """Give the value of every sample: int64[M]."""
        return self.profile.samples.values[:, self.index]

    def divisors(self) -> Int:
        """Give what means are divided by: int64[M], all 0 unless means are asked for."""
        column: Int = self.profile.samples.values[:, 0]
        return column if self.options.mean else np.zeros(len(column), np.int64)

    def rules(self) -> NodeRules:
        """Say what tells nodes apart in this report."""
        options = self.options
        return NodeRules(
            options.granularity,
            options.no_inlines,
            options.show_columns,
            options.trim_path,
            options.source_path,
            object_files=self.kind in {"callgrind", "list"},
            whole_paths=self.kind == "traces",
        )

    def text(self, rows: tuple[ReportRow, ...] = (), node_total: int = 0, dropped: int = 0) -> TextReport:
        """Put the header and the total around rows."""
        return TextReport(
            header=describe(self.profile),
            sample_type=self.sample_type,
            total=self.total,
            rows=rows,
            node_total=node_total,
            dropped=dropped,
            node_fraction=self.options.node_fraction,
            warnings=self.warnings,
        )


def open_scope(profile: Profile, options: ReportOptions, kind: ReportKind = "top") -> Scope:
    """Add label frames, filter, total; raises UsageError for options that do not fit the profile."""
    options = effective_options(options, kind)
    label_units = number_label_units(profile)
    profile, missed = add_label_frames(profile, options.tag_root, options.tag_leaf, options.unit)
    index = find_sample_type(profile, options.sample_index)
    filtered = apply_filters(profile, options.filters, label_units)
    measured = profile.sample_types[index]
    return Scope(
        kind=kind,
        profile=filtered.profile,
        options=options,
        sample_type=SampleType(f"mean_{measured.type}" if options.mean else measured.type, measured.unit),
        index=index,
        total=report_total(filtered.profile if options.relative_percentages else profile, index, mean=options.mean),
        label_units=label_units,
        warnings=(*missed, *filtered.warnings),
    )


def effective_options(options: ReportOptions, kind: ReportKind) -> ReportOptions:
    """Fill in what a kind of report decides itself: whether it is trimmed, how many nodes it shows by default."""
    if kind in _WHOLE:
        options = replace(options, granularity="addresses")
    if kind == "list":
        options = replace(options, granularity="lines")
    if kind in _WHOLE or kind in {"peek", "list"} or not options.trim:
        return replace(options, node_count=0, node_fraction=0.0, edge_fraction=0.0)
    if options.node_count == -1:
        return replace(options, node_count=0 if kind in _TABLES else 80)
    return options


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
    return divide(total, divisor)


def exact_total(profile: Profile, index: int) -> int:
    """Add up like `report_total`, but without wrapping past int64: what pages show."""
    return report_total(profile, index, mean=False) if _base_samples(profile).any() else profile.total(index)


def _base_samples(profile: Profile) -> Mask:
    labels, chosen = profile.labels, np.zeros(len(profile.samples), np.bool_)
    pairs = zip(labels.key, labels.text, strict=True)
    rows = [row for row, pair in enumerate(pairs) if pair == BASE_LABEL and not labels.is_number[row]]
    chosen[labels.sample[rows]] = True
    return chosen
