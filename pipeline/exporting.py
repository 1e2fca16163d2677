"""The corridor to other programs: runs and comparisons in their formats, profiles put together, copies scrubbed.

Rules: as in `stages`: read, pure, write. What is exported comes from derived records, which are redacted, or from raw
profiles that are redacted here. What a format cannot say is refused with what can.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from pipeline import __version__, profiling, stages
from pipeline.errors import UsageError
from pipeline.model.config import CompareConfig, Config
from pipeline.model.gate import GateResult
from pipeline.model.metric import Metric
from pipeline.model.record import RunRecord
from pipeline.model.verdict import Comparison
from pipeline.profiling import EVERYTHING, Choice, chosen
from pipeline.store import atomic, fingerprint, runs
from pipeline.units import counted

ROWS: Final[dict[str, str]] = {
    "json": "metrics and profile totals, a row each, as JSON",
    "csv": "the same rows as CSV",
    "parquet": "the same rows as Parquet",
    "openmetrics": "metrics as OpenMetrics text",
    "benchfmt": "metrics as Go benchmark results, for benchstat",
    "customSmallerIsBetter": "metrics of one label for github-action-benchmark",
    "customBiggerIsBetter": "those that are better when higher",
}
PAIRS: Final = {
    "comparison": "comparisons as JSON",
    "junit": "the gate's checks as JUnit XML",
    "sarif": "what got worse as SARIF, for code scanning",
    "versus": "two labels compared, in Markdown: A-vs-B.md",
    "png": "two labels compared, as a picture of every run",
}
REPORTS: Final = {
    "readme": "a run in Markdown: README.md",
    "analysis": "peak, growth, topics and top functions of a run: analysis.md",
    "html": "a run, or two labels compared, as one HTML file",
}
FORMATS: Final[Mapping[str, str]] = ROWS | PAIRS | REPORTS | dict(profiling.FORMATS)
_FILES: Final = {
    "json": "metrics.json", "csv": "metrics.csv", "parquet": "metrics.parquet", "openmetrics": "metrics.txt",
    "benchfmt": "runs.bench.txt", "junit": "gate.xml", "sarif": "profbook.sarif", "pprof": "profile.pb.gz",
    "pgo": "default.pgo", "folded": "stacks.folded", "speedscope": "profile.speedscope.json",
}  # fmt: skip
"""What a file is called in a folder."""
_BINARY: Final = frozenset({"parquet", "pprof", "pgo", "png"})
_OF_TWO: Final = {"versus": "md", "html": "html", "png": "png"}
"""Formats of two labels, and how their files end."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be exported: a format, runs or labels, where to; of profiles which, and against what."""

    form: str
    words: tuple[str, ...] = ()
    out: str = ""
    profiles: Choice = EVERYTHING


def export(
    root: Path, config: Config, *, request: Request, today: date, token: str = "", say: Callable[[str], None] = print
) -> int:
    """Write what is asked for. Raises UsageError for a format or a choice there is not."""
    form = request.form
    if form not in FORMATS:
        raise UsageError(f"there is no format {form!r}", cure=f"There are {', '.join(FORMATS)}.")
    stored = runs.list_runs(stages.profiles_folder(root, config))
    if form in PAIRS or (form == "html" and _is_pair(request.words, stored)):
        data = _compared(root, config, request, stored, today)
    else:
        picked = chosen(request.words, [one.run for one in stored])
        if form in profiling.PUSHES:
            return profiling.push_runs(root, config, picked, form, request.profiles, token=token, say=say)
        if form in profiling.FORMATS:
            data = {"": profiling.make(root, config, picked, form, request.profiles, say=_note)}
        else:
            found = [_record(root, config, one) for one in stored if one.run.id in picked]
            data = _of_runs(root, config, request, found)
    _write(root, request, data, _folders(root, config, stored))
    return 0


def _folders(root: Path, config: Config, stored: Sequence[runs.StoredRun]) -> frozenset[Path]:
    place = stages.profiles_folder(root, config).resolve()
    return frozenset(place / one.run.id for one in stored)


def _note(text: str) -> None:
    """Tell beside the data: standard output may be the file."""
    sys.stderr.write(f"{text}\n")


def _record(root: Path, config: Config, stored: runs.StoredRun) -> RunRecord:
    return stages.record_of(root, stored.run.id, fingerprint.derive_key(stored.digest, config), config)


def _registry() -> Mapping[str, Metric]:
    from pipeline.analysis.metrics import BY_NAME

    return BY_NAME


# --- runs ---------------------------------------------------------------------------------------------------------


def _of_runs(root: Path, config: Config, request: Request, found: Sequence[RunRecord]) -> dict[str, bytes]:
    """Make the files of a format of runs, by name; the name is empty where there is one."""
    if request.form in ROWS:
        return {"": _rows(request.form, found)}
    many = _is_folder(root, request.out)
    if len(found) != 1 and not many:
        raise UsageError(
            f"{request.form} is of one run, and {counted(len(found), 'run')} are meant",
            cure="Name one run, or a folder with --out FOLDER/ for a file of each.",
        )
    names = {"readme": "README.md", "analysis": "analysis.md", "html": "run.html"}
    return {
        (f"{one.run.id}/{names[request.form]}" if many else ""): _report(root, config, request.form, one)
        for one in found
    }


def _rows(form: str, found: Sequence[RunRecord]) -> bytes:
    from pipeline.render import export_benchfmt, export_parquet, export_rows

    metrics = _registry()
    if form == "benchfmt":
        return export_benchfmt.benchfmt(found, metrics)
    rows = export_rows.export_rows(found, metrics)
    if form in {"customSmallerIsBetter", "customBiggerIsBetter"}:
        return export_rows.custom_benchmark(rows, metrics, "lower" if "Smaller" in form else "higher")
    writers: dict[str, Callable[[Sequence[export_rows.Row]], bytes]] = {
        "json": export_rows.rows_json,
        "csv": export_rows.rows_csv,
        "parquet": export_parquet.rows_parquet,
        "openmetrics": partial(export_rows.openmetrics, metrics=metrics),
    }
    return writers[form](rows)


def _report(root: Path, config: Config, form: str, record: RunRecord) -> bytes:
    from pipeline.render import export_reports

    if form == "html":
        return _run_html(root, config, record)
    if form == "analysis":
        return export_reports.analysis_report(record, _registry()).encode("utf-8", "replace")
    page = f"profbook export html {record.run.id} --out run.html"
    return export_reports.run_report(record, _registry(), command=page).encode("utf-8", "replace")


def _run_html(root: Path, config: Config, record: RunRecord) -> bytes:
    from pipeline.render.env import environment
    from pipeline.render.late import filled
    from pipeline.render.profile_section import SectionRules
    from pipeline.render.run_page import run_page
    from pipeline.site.cache import FileCache
    from pipeline.site.templates import read_templates, templates_dir

    build = stages.build_folder(root)
    rules = SectionRules(
        flames=stages.pictures(root, record),
        charts=FileCache(build / "cache" / "charts"),
        profiles_dir=config.collect.profiles_dir,
        site_url=config.site.url,
        raw=bool(config.site.url and config.site.raw_profiles),
    )
    env = environment(read_templates(templates_dir()))
    notes = stages.notes(root, config, [record])
    page, late = run_page(env, record, rules, metrics=_registry(), notes=notes, around=False)
    return _one_file(filled(page, late), config)


def _one_file(page: object, config: Config) -> bytes:
    from pipeline.model.page import StampedPage
    from pipeline.render.export_html import one_file
    from pipeline.site.templates import read_templates, templates_dir

    assert isinstance(page, StampedPage)
    folder = templates_dir()
    names = ("chart.css", "cost.css", "flame.css", "flame_still.css", "page.css", "table.css")
    styles = {name: (folder / "assets" / "css" / name).read_text(encoding="utf-8") for name in names}
    return one_file(page, templates=read_templates(folder), styles=styles, site_url=config.site.url)


# --- comparisons ---------------------------------------------------------------------------------------------------


def _is_pair(words: Sequence[str], stored: Sequence[runs.StoredRun]) -> bool:
    return len(words) == 2 and not {one.run.id for one in stored} & set(words)


def _compared(
    root: Path, config: Config, request: Request, stored: Sequence[runs.StoredRun], today: date
) -> dict[str, bytes]:
    from pipeline.compare.gate import judge_gate
    from pipeline.render import export_compare, gate_junit

    compared = _comparisons(root, config, request, stored)
    if request.form in _OF_TWO:
        many = _is_folder(root, request.out)
        if len(compared) != 1 and not many:
            raise UsageError(f"{request.form} is of two labels", cure=f"profbook export {request.form} BASE HEAD")
        return {
            (f"{one.base_label}-vs-{one.head_label}.{_OF_TWO[request.form]}" if many else ""): (
                _of_two(root, config, request.form, one)
            )
            for one in compared
        }
    if request.form == "comparison":
        return {"": export_compare.compare_json(compared)}
    gate: GateResult = judge_gate(compared, config.accept, today=today, strict=False)
    if request.form == "junit":
        return {"": gate_junit.gate_junit(gate)}
    heads = {run_id for one in compared for run_id in one.head_runs}
    places = export_compare.function_places([_record(root, config, one) for one in stored if one.run.id in heads])
    return {"": export_compare.sarif(compared, gate, places, version=__version__)}


def _comparisons(root: Path, config: Config, request: Request, stored: Sequence[runs.StoredRun]) -> list[Comparison]:
    if len(request.words) not in {0, 2}:
        raise UsageError(f"{request.form} takes two labels or none", cure=f"profbook export {request.form} BASE HEAD")
    pairs = stages.pairs(config, [one.run for one in stored])
    if request.words:
        pairs = (CompareConfig(base=request.words[0], head=request.words[1]),)
    found = [stages.comparison_of(root, config, pair, stored) for pair in pairs]
    compared = [one for one in found if one is not None]
    if not compared:
        raise UsageError("there is no run to compare", cure="`profbook site` lists the runs with their labels.")
    return compared


def _of_two(root: Path, config: Config, form: str, comparison: Comparison) -> bytes:
    from pipeline.analysis.metrics import HEADLINE
    from pipeline.render.export_reports import versus_report
    from pipeline.render.headline_picture import headline_picture
    from pipeline.site.cache import FileCache

    if form == "versus":
        return versus_report(comparison, HEADLINE).encode("utf-8", "replace")
    if form == "html":
        return _compare_html(root, config, comparison)
    drawn = headline_picture(comparison, HEADLINE, FileCache(stages.build_folder(root) / "cache" / "charts"))
    if not drawn:
        raise UsageError("no headline metric was measured on both sides, so there is nothing to draw")
    return drawn


def _compare_html(root: Path, config: Config, comparison: Comparison) -> bytes:
    from pipeline.analysis.metrics import HEADLINE
    from pipeline.render.compare_page import compare_page
    from pipeline.render.env import environment
    from pipeline.site.cache import FileCache
    from pipeline.site.templates import read_templates, templates_dir

    charts = FileCache(stages.build_folder(root) / "cache" / "charts")
    known = frozenset((*comparison.base_runs, *comparison.head_runs)) if config.site.url else frozenset()
    env = environment(read_templates(templates_dir()))
    page = compare_page(env, comparison, charts, headline=HEADLINE, known_runs=known, accepted=config.accept)
    return _one_file(page, config)


# --- files --------------------------------------------------------------------------------------------------------


def _is_folder(root: Path, out: str) -> bool:
    return out.endswith("/") or (bool(out) and out != "-" and (root / out).is_dir())


def _write(root: Path, request: Request, data: Mapping[str, bytes], kept: frozenset[Path]) -> None:
    """Write to standard output or files; ``kept`` are folders of runs, which nothing changes."""
    if request.out in {"", "-"}:
        if request.form in _BINARY and sys.stdout.isatty():
            raise UsageError(f"{request.form} is no text", cure="Add --out FILE, or send it to a program.")
        for part in data.values():
            sys.stdout.flush()
            getattr(sys.stdout, "buffer", _Texts()).write(part)
        sys.stdout.flush()
        return
    inside = _FILES.get(request.form, f"{request.form}.json") if _is_folder(root, request.out) else ""
    places = {root / request.out / (name or inside): part for name, part in data.items()}
    for path in places:
        if kept.intersection(path.resolve().parents):
            raise UsageError(f"{path.parent} is a run, and nothing changes a run", cure="Name another file or folder.")
    for path, part in places.items():
        atomic.write_bytes(path, part)


class _Texts:
    """Standard output where it takes only text."""

    def write(self, data: bytes) -> None:
        sys.stdout.write(data.decode("utf-8", "replace"))


# --- scrub --------------------------------------------------------------------------------------------------------


def scrub_runs(
    root: Path, config: Config, *, words: Sequence[str], out: str, say: Callable[[str], None] = print
) -> int:
    """Copy runs into a new folder without what `redact` keeps out: labels, secrets, homes; returns the exit code."""
    from pipeline.analysis.redact import Redactor
    from pipeline.scrubbing import scrub_files

    if not out:
        raise UsageError("scrub needs a folder to write to", cure="profbook scrub --out FOLDER [RUN…]")
    target = root / out
    source = stages.profiles_folder(root, config)
    if target.resolve().is_relative_to(source.resolve()):
        raise UsageError("scrubbed runs cannot be written among the runs", cure="Name another folder.")
    redactor = Redactor(config.redact.rules)
    stored = runs.list_runs(source)
    for run_id in chosen(words, [one.run for one in stored]):
        if (target / run_id).exists():
            raise UsageError(f"{out}/{run_id} is there already", cure="Name a new folder, or remove it.")
        run = next(one.run for one in stored if one.run.id == run_id)
        read = partial(runs.read_file, source / run_id)
        scrubbed = scrub_files(run.files, read, redactor)
        left_out = sorted(path for path, data in scrubbed.files.items() if data is None)
        for file in run.files:
            data = scrubbed.files.get(file.path, b"") if file.path in scrubbed.files else read(file)
            if data is not None:
                atomic.write_bytes(target / run_id / file.path, data)
        changed = len(scrubbed.files) - len(left_out)
        say(f"{out.rstrip('/')}/{run_id}: {counted(len(run.files), 'file')}, {changed} redacted")
        for path in left_out:
            say(f"  left out {redactor.text(path)}: it cannot be written without what is to be kept out")
    return 0
