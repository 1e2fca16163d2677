"""Measuring until it is certain: collect, derive, compare, look, and go on or stop.

Rules: like `stages`, which it calls; what is enough, `compare.sequential` decides. Looks are planned before the first
run and said; every look is one line, and so is the end with its reason. The runs are those of a plain collect, and all
are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline import gathering, stages
from pipeline.errors import UsageError
from pipeline.model.config import Config
from pipeline.model.record import RunRecord
from pipeline.model.verdict import Comparison
from pipeline.store import locks, records, runs
from pipeline.store.rules import rules_of

if TYPE_CHECKING:
    from pipeline.compare.sequential import Look

MAX_ROUNDS: Final = 16
"""The most rounds when nothing else is said."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Observer:
    """Who looks: at which rounds, on which project; ``known`` keeps the records that were read."""

    root: Path
    config: Config
    looks: Sequence[Look]
    say: Say
    known: dict[str, RunRecord] = field(default_factory=dict)

    def is_enough(self, rounds: int, sides: tuple[Sequence[str], Sequence[str]]) -> bool:
        """Look at the runs of both sides after so many rounds, if it is time to, and say what is seen."""
        from pipeline.analysis.metrics import HEADLINE
        from pipeline.compare.metric_table import planned_effects
        from pipeline.compare.sequential import Stop, next_step

        seen, margins = self._comparison(sides), planned_effects(rules_of(self.config))
        step = next_step(seen, rounds, self.looks, headline=HEADLINE, margins=margins)
        if isinstance(step, Stop):
            self.say(f"stopped after {_rounds(rounds)}: {step.sentence}")
            return True
        if any(look.rounds == rounds for look in self.looks):
            self.say(f"look after {_rounds(rounds)} of at most {self.looks[-1].rounds}: {step.sentence}")
        return False

    def _comparison(self, sides: tuple[Sequence[str], Sequence[str]]) -> Comparison:
        from pipeline.analysis.metrics import HEADLINE, METRICS
        from pipeline.compare.pair import compare_labels

        base, head = ([self._record(run) for run in side] for side in sides)
        build = stages.build_folder(self.root)
        return compare_labels(
            base,
            head,
            labels=(base[0].run.label, head[0].run.label),
            metrics=METRICS,
            headline=HEADLINE,
            trees=partial(records.call_tree, build),
            limits=self.config.comparison,
        )

    def _record(self, run: str) -> RunRecord:
        if run not in self.known:
            stages.derive_run(self.root, run, self.config)
            path = records.run_record(stages.build_folder(self.root), run)
            self.known[run] = records.read(path, RunRecord, kind="run")
        return self.known[run]


def collect_until_certain(  # noqa: PLR0913 - all by keyword: the words of one command
    root: Path,
    config: Config,
    *,
    label: str,
    against: str,
    max_rounds: int = MAX_ROUNDS,
    variant: str = "",
    notes: str = "",
    args: Sequence[str] = (),
    say: Say = locks.tell,
) -> int:
    """Collect runs of ``label`` until it is certain how they compare with those of ``against``, which are there.

    Runs that ``label`` has already count as rounds. The exit code is 3 when a run is partial. Raises UsageError when
    labels or numbers of runs allow no answer.
    """
    from pipeline.compare.stats import ALPHA, runs_needed, smallest_p

    if not label or not against or label == against:
        raise UsageError(
            "--until-certain needs two different labels",
            cure="profbook collect --until-certain --label NEW --against OLD",
        )
    stored = [one.run for one in runs.list_runs(stages.profiles_folder(root, config))]
    base, head = ([run.id for run in stored if run.label == name] for name in (against, label))
    if smallest_p(len(base), max_rounds) >= ALPHA:
        cure = f"profbook collect --label {against} --repeat {runs_needed()}"
        raise UsageError(f"too few runs of {against!r} to be certain of anything: {len(base)}", cure=cure)
    if len(head) >= max_rounds:
        raise UsageError(f"there are {len(head)} runs of {label!r} already", cure="Give a larger --max-rounds.")
    observer = _observer(root, config, max_rounds, say, base_runs=len(base))

    def is_enough(run: str) -> bool:
        head.append(run)
        return observer.is_enough(len(head), (base, head))

    repeat = max_rounds - len(head)
    return gathering.collect_runs(
        root, config, label=label, variant=variant, repeat=repeat, notes=notes, args=args, is_enough=is_enough
    )


def compare_refs_until_certain(  # noqa: PLR0913 - all by keyword: the words of one command
    root: Path,
    config: Config,
    *,
    base: str,
    head: str,
    max_rounds: int = MAX_ROUNDS,
    labels: str = "",
    variant: str = "",
    notes: str = "",
    say: Say = locks.tell,
) -> int:
    """Collect interleaved rounds of two commits until it is certain how they compare; exit codes as `compare_refs`."""
    observer = _observer(root, config, max_rounds, say)
    return gathering.compare_refs(
        root,
        config,
        base=base,
        head=head,
        rounds=max_rounds,
        labels=labels,
        variant=variant,
        notes=notes,
        is_enough=observer.is_enough,
        say=say,
    )


def _observer(root: Path, config: Config, most: int, say: Say, base_runs: int | None = None) -> _Observer:
    from pipeline.collect.rounds import MAX_ROUNDS as LIMIT
    from pipeline.compare.sequential import plan_looks
    from pipeline.compare.stats import runs_needed

    if not runs_needed() <= most <= LIMIT:
        raise UsageError(f"--max-rounds must be from {runs_needed()} to {LIMIT}")
    looks = plan_looks(most, base_runs)
    say(f"looks after {', '.join(str(look.rounds) for look in looks)} rounds; stops as soon as it is certain")
    return _Observer(root, config, looks, say)


def _rounds(number: int) -> str:
    return "1 round" if number == 1 else f"{number} rounds"
