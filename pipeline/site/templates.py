"""Where the templates are, in a checkout and in an installed package, reading them, and keeping what they compile to.

Rules: a checkout's ``site_templates`` beside the package wins over the copy a wheel ships inside it. Compiled templates
are code, so they are kept where Python keeps this module's, and only if it does: whoever can write there has any code
run already. Never below ``build/``, which may come from elsewhere.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

from pipeline.errors import SiteError
from pipeline.render.env import Compiled
from pipeline.render.style import squeeze_style
from pipeline.site.cache import FileCache

_PACKAGE: Final = Path(__file__).resolve().parent.parent
_PLACES: Final = (_PACKAGE.parent / "site_templates", _PACKAGE / "site_templates")
_FOLDERS: Final = ("pages", "partials", "guide")
FRAME: Final = ("overrides/partials/first.html", "overrides/partials/tight.html")
"""What a page that is whole by itself has in common with the theme's."""
_STYLES: Final = ("assets/css/alone.css", "assets/css/flame_still.css")
"""What such a page is drawn with, which is written into it."""


def templates_dir() -> Path:
    """Find the templates folder. Raises SiteError when the installation has lost it."""
    for place in _PLACES:
        if (place / "mkdocs.yml.j2").is_file():
            return place
    raise SiteError("The site templates are missing from this installation.", cure="Install profbook again.")


def read_templates(folder: Path) -> dict[str, str]:
    """Read the texts pages are made of: name under the folder -> text, in order of name."""
    files = [folder / name for name in ("mkdocs.yml.j2", *FRAME, *_STYLES)]
    for part in _FOLDERS:
        files += [path for path in (folder / part).rglob("*") if path.suffix in {".j2", ".md"} and path.is_file()]
    texts = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(files)}
    return texts | {name: squeeze_style(texts[name]) for name in _STYLES}


@cache
def compiled(key: str) -> Compiled | None:
    """Find what templates were compiled to under this key; None where Python keeps no compiled code either."""
    folder = Path(cache_from_source(__file__)).parent
    return None if sys.dont_write_bytecode or not folder.is_dir() else Compiled(FileCache(folder / "templates"), key)
