"""The page of a run's flame graph alone, as large as the window: what a link to a flame graph opens at once. Pure.

Rules: it is whole by itself and stands in no shell, so it is drawn without a theme's styles, and without a script. It
shows the first flame graph of its run's page; links to the others, to the tables and to the explorer are above it.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.render import links
from pipeline.render.env import Environment, render
from pipeline.render.flame_box import flame_box
from pipeline.render.profile_groups import profile_groups
from pipeline.render.profile_section import SectionRules


@dataclass(frozen=True, slots=True)
class OtherGraph:
    """Another profile of the run, and where its flame graph is."""

    name: str
    href: str


def flame_page(env: Environment, record: RunRecord, rules: SectionRules) -> dict[str, bytes]:
    """Write the page: its place under the site -> text; nothing where a run has no flame graph."""
    drawn = [one for one in profile_groups(record) if one.shown.tree]
    if not drawn:
        return {}
    lead, *others = drawn
    run, url = record.run, links.flame_page(record.run.id)
    root = links.root_of(url)
    text = render(
        env,
        "pages/flame.html.j2",
        root=root,
        run=run,
        group=lead,
        flame=flame_box(run.id, lead.shown, rules.flames, url=url, rows=f"../index.html#{lead.id}-row-"),
        explore=links.explore(run.id, lead.shown.path, root=root),
        others=tuple(OtherGraph(one.name, _explore(run.id, one.shown, root)) for one in others),
    )
    return {f"{url}index.html": text.encode("utf-8", "backslashreplace")}


def _explore(run_id: str, profile: ProfileRecord, root: str) -> str:
    return links.explore(run_id, profile.path, root=root, fragment="#v=flame")
