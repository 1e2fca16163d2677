"""Addresses of sections: every heading with an id gets a link to itself. Pure.

Rules: our templates write the ids, and text out of a run is escaped before it comes here, so what looks like a heading
is one of ours.
"""

from __future__ import annotations

import re
from typing import Final

_HEADING: Final = re.compile(r'(<h([1-4]) (?:class="[\w -]*" )?id="([\w.-]+)"[^>]*>)(.*?)(</h\2>)', re.DOTALL)


def linked_headings(body: str) -> str:
    """Put a link to itself at the end of each heading that has an id."""
    return _HEADING.sub(
        r'\1\4<a class="headerlink" href="#\3" aria-label="Link to this section">¶</a>\5',
        body,
    )
