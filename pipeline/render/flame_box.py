"""A flame graph's place on a page: the still picture, and where the data is of which a script draws the rest. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.model.record import ProfileRecord
from pipeline.render import encode, links
from pipeline.render.env import Html, trusted
from pipeline.render.flame import linked


@dataclass(frozen=True, slots=True)
class FlameBox:
    """A flame graph: ``src`` of its data, the key it registers under, its sample type's ``index``, and the still
    picture: its ``frame`` and what is ``inside``, which comes late where the box has the name ``late``.
    """

    src: str
    key: str
    index: int
    frame: Html
    inside: Html
    late: str = ""

    @property
    def height(self) -> int:
        """Give the picture's height in pixels: a higher one than its box will have a minimap (css/flame_still.css)."""
        found = re.search(r' height="(\d+)"', self.frame)
        return int(found[1]) if found else 0

    def coming_late(self, name: str) -> FlameBox:
        """Let what is inside come late, if there is a picture."""
        return replace(self, late=name) if self.frame else self


def flame_box(
    run_id: str, profile: ProfileRecord, flames: Mapping[str, str], *, url: str, rows: str
) -> FlameBox | None:
    """Place the flame graph of a profile on the page ``url``; None where it has no call tree.

    ``flames`` are the SVG of each tree; ``rows`` begins the addresses of the rows of its top table.
    """
    if not profile.tree:
        return None
    root = links.root_of(url)
    explorer = links.explore(run_id, profile.path, root=root, fragment="#d=sandwich&c=")
    picture = linked(flames.get(profile.tree, ""), rows=rows, explorer=explorer)
    src = f"{root}{links.data_files(encode.url_path(profile.tree))[0]}"
    frame, end, inside = picture.partition(">") if picture.startswith("<svg") else ("", "", picture)
    shown = trusted(inside.removesuffix("</svg>"))
    return FlameBox(src, profile.tree, profile.default_index, trusted(frame + end), shown)
