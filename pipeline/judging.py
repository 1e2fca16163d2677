"""The corridor's last stretch: from comparisons to a gate's exit code, and the history in words.

Rules: like `stages`, which it calls: read, pure, write. What the gate needs is derived and compared first, nothing
else. The day is given, so that the same day gives the same answer; no derived file depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from pipeline import stages
from pipeline.errors import ConfigError
from pipeline.model.config import CompareConfig, Config
from pipeline.model.gate import GateResult
from pipeline.model.verdict import Comparison
from pipeline.store import atomic, records, runs
from pipeline.units import counted


def gate(
    root: Path,
    config: Config,
    *,
    today: date,
    pair: tuple[str, str] | None = None,
    strict: bool = False,
    json_file: str = "",
    junit_file: str = "",
    say: Callable[[str], None] = print,
) -> int:
    """Judge the comparisons of the settings, or of ``pair`` (base, head) alone; returns the exit code.

    The result is also written as JSON and as JUnit XML where a file is named. Raises ConfigError when there is nothing
    to compare.
    """
    from pipeline.render import gate_json, gate_junit, gate_text

    _, result = judge(root, config, today=today, pair=pair, strict=strict)
    for name, text in ((json_file, gate_json.gate_json), (junit_file, gate_junit.gate_junit)):
        if name:
            atomic.write_bytes(root / name, text(result))
    for line in gate_text.gate_lines(result, pages=_pages(root, result), strict=strict):
        say(line)
    return result.exit_code


def judge(
    root: Path, config: Config, *, today: date, pair: tuple[str, str] | None = None, strict: bool = False
) -> tuple[list[Comparison], GateResult]:
    """Make the comparisons of the settings, or that of ``pair``, and judge them. Raises ConfigError without any."""
    from pipeline.compare.gate import judge_gate

    stored = stages.known_runs(root, config)
    found = [one.run for one in stored]
    pairs = (CompareConfig(base=pair[0], head=pair[1]),) if pair else stages.pairs(config, found)
    if not pairs:
        raise ConfigError(
            "there is no comparison, so there is nothing to judge",
            cure=f"{_missing(config)[0].upper()}{_missing(config)[1:]}. Or name two labels: profbook gate BASE HEAD",
        )
    compared = _comparisons(root, config, pairs, stored)
    return compared, judge_gate(compared, config.accept, today=today, strict=strict)


def tell_history(
    root: Path, config: Config, *, label: str = "", candidates: bool = False, say: Callable[[str], None] = print
) -> int:
    """Say which lasting changes the runs of each label show, or of ``label`` alone, a line each.

    ``candidates``, which are not proved, are counted unless they are asked for.
    """
    from pipeline import history
    from pipeline.render.history_section import history_lines

    keys = stages.record_keys(stages.known_runs(root, config), config)
    summaries = [stages.summary_of(root, name, key, config) for name, key in keys.items()]
    found = history.find(
        stages.build_folder(root), summaries, config, lambda name: stages.record_of(root, name, keys[name], config)
    )
    steps = [one for one in found.steps if label in {"", one.series.label}]
    lines = history_lines([one for one in steps if one.certain or candidates])
    searched = [one for one in found.labels if label in {"", one.label}]
    for line in lines:
        say(line)
    if not searched:
        say("nothing to search: a history takes 6 runs of one label, with their start known")
    elif not lines:
        say(f"no lasting change in {', '.join(f'{one.series} series of {one.label}' for one in searched)}")
    if len(lines) < len(steps):
        told = counted(len(steps) - len(lines), "candidate")
        say(f"{told} not proved: large beside the noise, but chance may have made them; --candidates lists them")
    return 0


def tell_comparisons(root: Path, config: Config, *, say: Callable[[str], None] = print) -> int:
    """Say how each comparison of the settings comes out, and why."""
    from pipeline.render.gate_text import outcome_lines

    stored = stages.known_runs(root, config)
    compared = _comparisons(root, config, stages.pairs(config, [one.run for one in stored]), stored)
    for line in outcome_lines(compared):
        say(line)
    if not compared:
        say(f"nothing to compare: {_missing(config)}")
    return 0


def _missing(config: Config) -> str:
    """Say what it takes to have a comparison."""
    label = f"{config.comparison.baseline!r} (comparison.baseline)"
    return f"that takes runs of the label {label} and of another, or a [[compare]] with base and head in profbook.toml"


def _comparisons(
    root: Path, config: Config, pairs: Sequence[CompareConfig], stored: Sequence[runs.Listed]
) -> list[Comparison]:
    from pipeline.compare.pair import compare_labels

    trees = partial(records.call_tree, stages.build_folder(root))
    found = []
    for pair in pairs:
        # Labels without a run are compared too: that nothing was measured is an answer.
        empty = compare_labels((), (), labels=(pair.base, pair.head), metrics=(), headline=(), trees=trees)
        found.append(stages.comparison_of(root, config, pair, stored) or empty)
    return found


def _pages(root: Path, result: GateResult) -> dict[str, str]:
    """Find the pages of the comparisons on the site that is built, if there is one."""
    site = stages.build_folder(root) / "site"
    pages = {one.slug: site / "compare" / one.slug / "index.html" for one in result.comparisons}
    return {slug: page.relative_to(root).as_posix() for slug, page in pages.items() if page.is_file()}
