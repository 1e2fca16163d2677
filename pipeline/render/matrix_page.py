"""The page of one matrix: which attempt is best against a base, by what, and every metric of all of them. Pure.

Rules: only headline metrics rank; an attempt is best at one when its claimed improvement is the largest. Attempts are
tested against the base, never against each other, and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model.decision import Decision
from pipeline.model.matrix import Matrix
from pipeline.model.page import StampedPage
from pipeline.render import links
from pipeline.render.decision_page import CHOICES
from pipeline.render.env import Environment, render
from pipeline.render.matrix_section import MatrixHead, MatrixView, matrix_views
from pipeline.render.permalinks import linked_headings


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: the headline metrics it is ``best`` at and ``worse`` in, with their changes, and its decisions by
    (address, text).
    """

    head: MatrixHead
    best: tuple[str, ...]
    better: tuple[str, ...]
    worse: tuple[str, ...]
    decisions: tuple[tuple[str, str], ...]


def matrix_page(env: Environment, matrix: Matrix, decisions: Sequence[Decision] = ()) -> StampedPage:
    """Make the page of one matrix; ``decisions`` are all of the site's."""
    url = links.matrix_page(matrix.base_label)
    root = links.root_of(url)
    (view,) = matrix_views([matrix], root=root)
    ranked = _ranked(view, decisions, root)
    body = render(
        env, "pages/matrix.html.j2", root=root, matrix=view, attempts=ranked, sentence=_sentence(ranked, view)
    )
    toc = (("answer", "Which is best?"), (view.id, "Every metric"))
    return StampedPage(url, f"Attempts against {view.base}", linked_headings(body), toc)


def _ranked(view: MatrixView, decisions: Sequence[Decision], root: str) -> list[Attempt]:
    """Put those first that are best at most headline metrics, then those that are worse in fewest."""
    attempts = [
        Attempt(
            head,
            best=_named(view, head.place, "improved", best=True),
            better=_named(view, head.place, "improved", best=False),
            worse=_named(view, head.place, "regressed"),
            decisions=tuple(
                (links.to_page(links.decision_page(one.name), root=root), f"{one.name}: {CHOICES[one.choice].word}")
                for one in decisions
                if (one.base_label, one.head_label) == (view.base, head.label)
            ),
        )
        for head in view.heads
    ]
    return sorted(attempts, key=lambda one: (-len(one.best), len(one.worse), -len(one.better)))


def _named(view: MatrixView, place: int, word: str, *, best: bool | None = None) -> tuple[str, ...]:
    """Name the headline metrics of an attempt with one outcome, each with its change."""
    found = []
    for line in view.lines:
        cell = line.cells[place]
        if cell is None or not line.headline or cell.state.word != word or best not in {None, cell.best}:
            continue
        where = f" in {line.component}" if view.many_components else ""
        found.append(f"{line.title}{where} {cell.text}")
    return tuple(found)


def _sentence(ranked: Sequence[Attempt], view: MatrixView) -> str:
    """Answer which attempt is best, or say why none is."""
    first = ranked[0]
    count = sum(line.headline for line in view.lines)
    if not first.best:
        return f"No attempt is proved better than {view.base} in a headline metric."
    equal = [one.head.label for one in ranked if (len(one.best), len(one.worse)) == (len(first.best), len(first.worse))]
    who = f"{first.head.label} is" if len(equal) == 1 else f"{', '.join(equal[:-1])} and {equal[-1]} are each"
    worse = f", but worse in {len(first.worse)}" if first.worse else ", and proved worse in none"
    return f"{who} best at {len(first.best)} of {count} headline metrics{worse}."
