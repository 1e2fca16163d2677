"""Text of pprof's list report: source lines with what they weigh.

Rules: character for character what `go tool pprof -list` prints for the same numbers and the same source. The text of
files is given; a file without text is an error in its place.
Source of the wording: google/pprof, internal/report/source.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pipeline import units
from pipeline.model.arithmetic import wrap
from pipeline.model.report import ReportOptions, TextReport
from pipeline.model.source import FileText, ListedFile, ListedFunction
from pipeline.render.pprof_report import Numbers

_UNOPENED: Final = FileText({}, 0)


def render_list(
    text: TextReport,
    functions: Sequence[ListedFunction],
    sources: Mapping[str, FileText],
    options: ReportOptions,
) -> str:
    """Print the functions; ``sources`` has a text, or what is wrong with it, for every file they name."""
    numbers = Numbers(text, options)
    lines = [f"Total: {numbers(text.total)}"]
    opened: set[str] = set()
    for function in functions:
        if not function.files:
            lines.append(f"No source information for {function.name}")
        for listed in function.files:
            # pprof opens a file for the first line it wants of it, and a range may hold none.
            opened |= {listed.file} if listed.start <= listed.end else set()
            wanted = sources[listed.file] if listed.file in opened else _UNOPENED
            lines += _routine(function.name, listed, wanted, numbers, text.total)
    return "\n".join(lines) + "\n"


def _routine(name: str, listed: ListedFile, source: FileText, numbers: Numbers, total: int) -> Iterator[str]:
    flat, cum = wrap(listed.flat), wrap(listed.cum)
    yield f"ROUTINE ======================== {name} in {listed.file}"
    yield f"{numbers(flat):>10} {numbers(cum):>10} (flat, cum) {units.percentage(cum, float(total))} of Total"
    if source.error:
        yield f" Error: {source.error}"
        return
    values = {number: (own, whole) for number, own, whole in listed.lines}
    for number in range(listed.start, min(listed.end, source.line_count) + 1):
        own, whole = values.get(number, (0, 0))
        yield f"{_or_dot(own, numbers):>10} {_or_dot(whole, numbers):>10} {number:6}:{source.lines.get(number, '')}"


def _or_dot(value: int, numbers: Numbers) -> str:
    return numbers(wrap(value)) if value else "."
