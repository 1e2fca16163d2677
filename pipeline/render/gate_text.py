"""Verdicts as lines for a terminal or a CI log: the answer first, then why, then where to see more. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pipeline.model.gate import GateOutcome, GateResult
from pipeline.model.verdict import Comparison
from pipeline.render import encode
from pipeline.render.state import OUTCOMES

_SHOWN: Final = 10
_HEADS: Final[Mapping[GateOutcome, str]] = {
    "passed": "gate passed",
    "failed": "gate failed",
    "partial": "gate did not fail, but data is missing",
    "inconclusive": "gate undecided (--strict): nothing can be concluded",
}


def gate_lines(result: GateResult, *, pages: Mapping[str, str], strict: bool) -> list[str]:
    """Write the result in short; ``pages`` are the comparisons' pages on the site, by slug, where there are any."""
    unsure = any(one.outcome in {"inconclusive", "invalid"} for one in result.comparisons)
    doubted = result.outcome == "passed" and unsure
    lines = ["gate did not fail, but proves little" if doubted else _HEADS[result.outcome]]
    lines += _some([f"  {reason}" for reason in result.reasons])
    lines += _some([f"  note: {note}" for note in result.notes])
    if unsure and not strict:
        lines.append("  what is inconclusive or invalid does not count here; with --strict it ends with exit code 4")
    shown = [pages[one.slug] for one in result.comparisons if one.slug in pages]
    lines.append(f"more: {', '.join(shown)}" if shown else "more: `profbook site` makes a page of each comparison")
    return [_one_line(line) for line in lines]


def outcome_lines(compared: Sequence[Comparison]) -> list[str]:
    """Write how each comparison comes out: a line for each, and its reasons under it."""
    lines = []
    for one in compared:
        lines.append(f"{one.slug}: {OUTCOMES[one.outcome].word}")
        lines += [f"  {reason}" for reason in one.reasons[:_SHOWN]]
        more = len(one.reasons) - _SHOWN
        lines += [f"  … and {more} more on its page"] if more > 0 else []
    return [_one_line(line) for line in lines]


def _one_line(text: str) -> str:
    """Keep a name with a line break from beginning a line: a CI log takes some lines as commands."""
    return encode.visible(text.replace("\n", "\\n"))


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - _SHOWN
    return lines[:_SHOWN] + ([f"  … and {more} more; --json has them all"] if more > 0 else [])
