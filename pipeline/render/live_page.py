"""The page that shows a run while it is taken; its script asks the server of `profbook serve` for the state. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.render.env import environment, render


def live_page(templates: Mapping[str, str]) -> bytes:
    """Make the page; ``templates`` are texts by path under site_templates."""
    return render(environment(templates), "pages/live.html.j2").encode()
