"""A gate's result as lines for a terminal or a CI log: the answer first, then why, then where to see more. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pipeline.model.gate import GateOutcome, GateResult
from pipeline.render import encode

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
    # A name with a line break must not begin a line: a CI log takes some lines as commands.
    return [encode.visible(line.replace("\n", "\\n")) for line in lines]


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - _SHOWN
    return lines[:_SHOWN] + ([f"  … and {more} more; --json has them all"] if more > 0 else [])
