"""Which comparisons to make, from what the manifests of the runs say; no profile is looked at.

Rules: a side is written ``LABEL``, all runs of a label, or ``LABEL@COMMIT``, those of them that were taken at a commit
whose id begins so. What the settings ask for is made as asked. Without that: every label against the pinned baseline,
the newest commit of a label against the one measured before it, and a branch against the commit it left the main branch
at. Commits are in the order they were first measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.model import layout
from pipeline.model.config import CompareConfig
from pipeline.model.court import ComparisonConfig
from pipeline.model.finding import Finding
from pipeline.model.run import Run

_COMMIT: Final = re.compile(r"[0-9a-f]{4,64}")
_SHORT: Final = 7


@dataclass(frozen=True, slots=True)
class Plan:
    """The comparisons to make, oldest first, and what to know about the choice."""

    pairs: tuple[CompareConfig, ...]
    findings: tuple[Finding, ...] = ()


def slug(pair: CompareConfig) -> str:
    """Name a comparison as its address does."""
    return f"{pair.base}..{pair.head}"


def is_side(side: str) -> bool:
    """Tell whether a side can be part of an address: a plain label, with or without a commit."""
    label, at, commit = side.partition("@")
    return layout.is_run_name(label) and (not at or bool(_COMMIT.fullmatch(commit)))


def runs_of(side: str, runs: Sequence[Run]) -> tuple[str, ...]:
    """Name the runs of a side, in the order given."""
    label, at, commit = side.partition("@")
    return tuple(run.id for run in runs if run.label == label and (not at or _sha(run).startswith(commit or "-")))


def plan(asked: Sequence[CompareConfig], runs: Sequence[Run], limits: ComparisonConfig) -> Plan:
    """Say which comparisons to make: those ``asked`` for, or else what suits the runs."""
    if asked:
        return Plan(tuple({slug(one): one for one in asked}.values()))
    ordered = sorted((run for run in runs if run.label), key=lambda run: (run.started, run.id))
    named = [run for run in ordered if layout.is_run_name(run.label)]
    found = [*_against_baseline(named, limits.baseline), *_against_previous(named), *_against_merge_base(named)]
    pairs = tuple({slug(one): one for one in found}.values())
    findings = _unnamed(ordered)
    if len(pairs) > limits.pairs:
        findings += (_cut(len(pairs), limits.pairs),)
        pairs = pairs[len(pairs) - limits.pairs :]
    return Plan(pairs, findings)


def _against_baseline(runs: Sequence[Run], baseline: str) -> list[CompareConfig]:
    labels = list(dict.fromkeys(run.label for run in runs))
    return [CompareConfig(base=baseline, head=one) for one in labels if one != baseline and baseline in labels]


def _against_previous(runs: Sequence[Run]) -> list[CompareConfig]:
    found = []
    for label, mine in _by(runs, lambda run: run.label).items():
        commits = list(dict.fromkeys(_sha(run) for run in mine if _is_commit(run)))
        if len(commits) > 1:
            base, head = (_side(label, sha, commits) for sha in commits[-2:])
            found.append(CompareConfig(base=base, head=head))
    return found


def _against_merge_base(runs: Sequence[Run]) -> list[CompareConfig]:
    """Pair the newest commit of each label with its merge base, where both were measured."""
    found = []
    measured, labels = [run for run in runs if _is_commit(run)], _by(runs, lambda run: run.label)
    newest, by_sha = {run.label: run for run in measured}, _by(measured, _sha)
    for label in labels:
        head = newest.get(label)
        merge_base = head.manifest.environment.git_merge_base.lower() if head and head.manifest else ""
        bases = by_sha.get(merge_base, ())
        if head and bases and merge_base != _sha(head):
            # The label's own runs first: they were taken the same way.
            base = next((run for run in bases if run.label == label), bases[-1])
            sides = [_side(run.label, _sha(run), [_sha(one) for one in labels[run.label]]) for run in (base, head)]
            found.append(CompareConfig(base=sides[0], head=sides[1]))
    return found


def _by(runs: Sequence[Run], key: Callable[[Run], str]) -> dict[str, list[Run]]:
    """Group runs, the groups in the order of their first."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return groups


def _sha(run: Run) -> str:
    return run.manifest.environment.git_sha.lower() if run.manifest else ""


def _is_commit(run: Run) -> bool:
    return bool(_COMMIT.fullmatch(_sha(run)))


def _side(label: str, sha: str, commits: Sequence[str]) -> str:
    """Shorten a commit as git does, but never so far that it could be another one of the label's."""
    others = [one for one in commits if one != sha]
    size = next((n for n in range(_SHORT, len(sha)) if not any(one.startswith(sha[:n]) for one in others)), len(sha))
    return f"{label}@{sha[:size]}"


def _unnamed(runs: Sequence[Run]) -> tuple[Finding, ...]:
    labels = dict.fromkeys(run.label for run in runs if not layout.is_run_name(run.label))
    return tuple(
        Finding(
            "label_not_compared",
            "warning",
            "Runs of this label are not compared: it cannot be part of an address.",
            label,
            "",
            "Use letters, digits, '.', '-' and '_' in labels.",
        )
        for label in labels
    )


def _cut(found: int, kept: int) -> Finding:
    return Finding(
        "comparisons_cut",
        "warning",
        "Not every label is compared.",
        "",
        f"{found} comparisons suit the runs; the newest {kept} are made",
        "Write the ones you need as [[compare]], or raise comparison.pairs.",
    )
