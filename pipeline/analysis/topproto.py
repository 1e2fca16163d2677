"""The top table as a profile: one sample for each row, with its inclusive and own weight.

Rules: values are whole numbers of the unit the report is shown in, as pprof writes them; there is no binary any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline import units
from pipeline.model.profile import Functions, Labels, Locations, Profile, Samples, SampleType
from pipeline.model.report import NodeInfo, TextReport


def top_profile(profile: Profile, report: TextReport, infos: Sequence[NodeInfo], unit: str) -> Profile:
    """Make a profile of a top report's rows; ``infos`` say what each row is of, ``unit`` how values are shown."""
    functions: dict[tuple[str, str, int], int] = {}
    own = [functions.setdefault((info.name, info.file, info.start_line), len(functions)) for info in infos]
    count = len(infos)
    places = np.arange(count, dtype=np.int64)
    names = list(functions)
    blank = replace(
        profile,
        sample_types=(SampleType("cum", unit), SampleType("flat", unit)),
        mappings=(),
        labels=_no_labels(),
        comments=(),
        doc_url="",
        drop_frames="",
        keep_frames="",
        default_sample_type="",
    )
    return replace(
        blank,
        functions=Functions(
            tuple(name for name, _, _ in names),
            ("",) * len(names),
            tuple(file for _, file, _ in names),
            np.array([start for _, _, start in names], np.int64),
        ),
        locations=Locations(
            address=np.array([info.address for info in infos], np.uint64),
            mapping=np.full(count, -1, np.int64),
            is_folded=np.zeros(count, np.bool_),
            line_offset=np.arange(count + 1, dtype=np.int64),
            line_function=np.array(own, np.int64),
            line_number=np.array([info.line for info in infos], np.int64),
            line_column=np.array([info.column for info in infos], np.int64),
        ),
        samples=Samples(np.arange(count + 1, dtype=np.int64), places, _values(report, unit)),
    )


def _values(report: TextReport, unit: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    source = report.sample_type.unit
    scaled = [
        (int(units.scale(row.cum, source, unit)[0]), int(units.scale(row.flat, source, unit)[0])) for row in report.rows
    ]
    return np.array(scaled, np.int64).reshape(len(scaled), 2)


def _no_labels() -> Labels:
    nothing = np.zeros(0, np.int64)
    return Labels(nothing, (), np.zeros(0, np.bool_), (), nothing, ())
