"""A/B of two commits: the configured plan on both, in turn, so that what drifts with time meets both sides alike.

Rules: both are built before the first run, each in its own checkout; a build that fails ends it all, because there is
nothing to compare. Rounds go A B, B A, A B, … A run that fails is told and leaves its round incomplete; when it is the
first of its side it ends it all. The caller may end it after any round. Runs go to the project's own folder of runs,
labelled by side; the settings are those of the project as it is, the same for both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.collect.passes import PASSES
from pipeline.collect.services import Prepared, prepare
from pipeline.collect.session import CollectedRun, check_request, collect_run, exit_code
from pipeline.collect.worktree import Ref, resolve, worktrees
from pipeline.errors import CollectError, UsageError
from pipeline.model.config import Config
from pipeline.model.layout import is_run_name

MAX_ROUNDS: Final = 1000

Collect = Callable[..., CollectedRun]
IsEnough = Callable[[int, tuple[Sequence[str], Sequence[str]]], bool]
"""Asked after each round, with its number and the runs of both sides so far: whether that is enough."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two commits: where it is checked out, what its runs are called, and its built programs."""

    ref: Ref
    label: str
    root: Path
    prepared: Prepared


def abba(rounds: int) -> Iterator[tuple[int, int]]:
    """Give (round from 1, side 0 or 1): each round has both, and every second one begins with the other."""
    for number in range(1, rounds + 1):
        yield from ((number, side) for side in ((0, 1) if number % 2 else (1, 0)))


def labels_of(text: str, refs: Sequence[Ref]) -> tuple[str, str]:
    """Read ``BASE,HEAD`` labels; without any the refs' own names are used. Raises UsageError."""
    given = [part.strip() for part in text.split(",")] if text else []
    if given and len(given) != 2:
        raise UsageError("--labels takes two labels: --labels BASE,HEAD")
    base, head = given or (ref.label for ref in refs)
    if not given and base == head:
        base, head = f"{base}-{refs[0].sha[:7]}", f"{head}-{refs[1].sha[:7]}"
    for label in (base, head):
        # A number at the end of a run's name tells runs of one second apart: see layout.label_of.
        if not is_run_name(label) or len(label) > 80 or re.fullmatch(r"\d{1,3}", label):
            raise UsageError(
                f"not a label for a run: {label!r}", cure="Use letters, digits, and . _ - inside, up to 80."
            )
    if base == head:
        raise UsageError("both sides have the same label", cure="Give two: --labels before,after")
    return base, head


def compare_refs(  # noqa: PLR0913 - all by keyword: the words of one command
    config: Config,
    base: str,
    head: str,
    *,
    root: Path,
    folder: Path,
    rounds: int = 4,
    labels: str = "",
    variant: str = "",
    notes: str = "",
    say: Callable[[str], None] = print,
    is_enough: IsEnough | None = None,
    collect: Collect = collect_run,
) -> int:
    """Collect ``rounds`` runs of each of two commits; the exit code is 3 when one of them is missing or partial.

    With ``is_enough`` they are the most, and it says after each round whether that was the last. ``folder`` is for
    checkouts and is removed. Raises UsageError, ConfigError, and CollectError when a build fails or a
    side has no run.
    """
    if not 1 <= rounds <= MAX_ROUNDS:
        raise UsageError(f"--rounds must be from 1 to {MAX_ROUNDS}")
    check_request(config, variant)
    _refuse_running(config)
    refs = (resolve(root, base), resolve(root, head))
    if refs[0].sha == refs[1].sha:
        raise UsageError(f"both sides are the same commit, {refs[0].sha[:12]}", cure="Give two different commits.")
    names = labels_of(labels, refs)
    kept = config.collect.model_copy(update={"profiles_dir": str(root / config.collect.profiles_dir)})
    settings = config.model_copy(update={"collect": kept})
    with worktrees(root, refs, folder) as places:
        sides = [
            _build(settings, ref, label, place, folder, say)
            for ref, label, place in zip(refs, names, places, strict=True)
        ]
        return _rounds(
            settings, sides, rounds, variant=variant, notes=notes, say=say, is_enough=is_enough, collect=collect
        )


def _refuse_running(config: Config) -> None:
    """A service that runs already stays the same whatever is checked out."""
    if config.collect.plan in PASSES:
        return
    running = [name for name, part in config.components.items() if not part.command]
    if running:
        raise UsageError(
            f"A/B rounds must start the services themselves, and have no command for {', '.join(running)}",
            cure="Give components.NAME.command, or collect each side by hand with --label.",
        )


def _build(config: Config, ref: Ref, label: str, place: Path, folder: Path, say: Callable[[str], None]) -> Side:
    if not place.is_dir():
        raise CollectError(f"{label}: this project's folder is not in commit {ref.sha[:12]}")
    say(f"building {label} ({ref.sha[:12]})")
    try:
        # Beside the checkout: the programs must not make it dirty.
        prepared = prepare(config, place, folder / f"bin-{ref.sha[:12]}")
    except CollectError as error:
        raise CollectError(f"{label} ({ref.sha[:12]}): {error.message}", cure=error.cure) from error
    return Side(ref, label, place, prepared)


def _rounds(
    config: Config,
    sides: Sequence[Side],
    rounds: int,
    *,
    variant: str,
    notes: str,
    say: Callable[[str], None],
    is_enough: IsEnough | None,
    collect: Collect,
) -> int:
    worst, taken = 0, (list[str](), list[str]())
    most = f"at most {rounds}" if is_enough else f"{rounds}"
    for number, which in abba(rounds):
        side = sides[which]
        told = f"A/B round {number} of {most}: {side.label} is {side.ref.sha[:12]}"
        say(told)
        try:
            run = collect(
                config,
                root=side.root,
                prepared=side.prepared,
                label=side.label,
                variant=variant,
                notes=f"{notes}\n{told}".strip(),
            )
        except CollectError as error:
            if not taken[which]:
                raise
            say(f"this run failed: {error.message}")
            worst = 3
        else:
            taken[which].append(run.path.name)
            worst = max(worst, exit_code(run.manifest))
            if run.manifest.status == "interrupted":
                break
        ends_round = which == number % 2
        if is_enough and ends_round and is_enough(number, taken):
            break
    say(f"{len(taken[0])} runs of {sides[0].label}, {len(taken[1])} of {sides[1].label}")
    return worst
