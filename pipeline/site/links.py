"""Links that work from the disk: a link to a folder becomes a link to its ``index.html``.

Rules: only relative links are touched, and only their end. A browser shows a folder listing for ``href="../"`` under
``file://``; with the file named, the same page works from a server and from a disk. Pure.
"""

from __future__ import annotations

import re

_HREF = re.compile(r'(<a\b[^>]*?\shref=")([^"#?:]*)([^"]*")', re.IGNORECASE)


def name_index(html: str) -> str:
    """Add ``index.html`` to every relative link that ends in a folder."""
    return _HREF.sub(_named, html)


def _named(match: re.Match[str]) -> str:
    opening, path, rest = match.groups()
    if not path or rest.startswith(":") or path.startswith("/"):
        return match[0]
    last = path.rpartition("/")[2]
    if last == "":
        return f"{opening}{path}index.html{rest}"
    if last in {".", ".."}:
        folder = "" if path == "." else f"{path}/"
        return f"{opening}{folder}index.html{rest}"
    return match[0]
