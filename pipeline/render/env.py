"""The one door to Jinja2: templates in, text out.

Rules: autoescape is always on, an undefined name is an error, and every value printed is first made visible
(`encode.visible`). Only `trusted` makes HTML of text, and only our own HTML goes in there. Filters show numbers with
their units. Templates see values, never the disk; who makes an environment may keep what they are compiled to.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any, Final

from jinja2 import BytecodeCache, DictLoader, Environment, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from pipeline import units
from pipeline.errors import SiteError
from pipeline.render import encode
from pipeline.render.alike import alike

__all__ = ["Compiled", "Environment", "Html", "compilations", "environment", "island", "render", "trusted"]

_WHOLE_LINES: Final = 5
_LAST_LINES: Final = 3
_LINE: Final = 400
"""Of a text that something told: lines that are shown whole, the last ones of longer texts, characters of a line."""

Html = Markup
"""HTML that is finished: escaped text or our own markup."""


def trusted(html: str) -> Html:
    """Declare our own finished HTML as such. Never called on text that came out of a run."""
    return Markup(html)  # noqa: S704 - the one place where HTML is declared safe, and callers pass only our own


def island(value: Any) -> Html:
    """Write a value as JSON for a ``<script type="application/json">`` element."""
    return trusted(encode.json_text(value))


class Compiled(BytecodeCache):
    """What templates are compiled to, kept as one text for each; ``key`` covers what it depends on beside the template.
    The texts are run as code: they are as trusted as this module.
    """

    def __init__(self, kept: MutableMapping[str, str], key: str) -> None:
        self._kept = kept
        self._key = key

    def get_source_checksum(self, source: str) -> str:
        """Digest what one template's code comes from."""
        return hashlib.sha256(f"{self._key} {source}".encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the code that is kept; the bucket knows other templates' and other versions'."""
        with suppress(KeyError):
            bucket.bytecode_from_string(self._kept[bucket.key].encode("latin-1"))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code, if there is room."""
        with suppress(OSError):
            self._kept[bucket.key] = bucket.bytecode_to_string().decode("latin-1")


def environment(templates: Mapping[str, str], compiled: Compiled | None = None) -> Environment:
    """Make the environment over template texts by name (``pages/run.html.j2``, …); the same texts, ``compiled`` to the
    same place, give the same one.
    """
    return _environment(tuple(sorted(templates.items())), compiled)


@lru_cache(2)
def _environment(templates: tuple[tuple[str, str], ...], compiled: Compiled | None) -> Environment:
    env = Environment(
        loader=DictLoader(dict(templates)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize,
        bytecode_cache=compiled,
    )
    env.filters.update(_FILTERS)
    return env


def compilations(env: Environment, templates: Iterable[str]) -> Iterator[Callable[[], object]]:
    """Give, piece by piece, the work of compiling templates ahead of their use; one that is malformed is told then."""
    for name in templates:
        if name.endswith(".html.j2"):
            yield partial(_compile, env, name)


def _compile(env: Environment, name: str) -> None:
    from jinja2 import TemplateError

    with suppress(TemplateError):
        env.get_template(name)


def render(env: Environment, name: str, /, **values: Any) -> str:
    """Fill one template. Raises SiteError when the template asks for a value it was not given or is malformed."""
    from jinja2 import TemplateError

    try:
        return env.get_template(name).render(**values)
    except TemplateError as error:
        where = getattr(error, "lineno", None)
        place = f"{name}, line {where}" if where else name
        raise SiteError(
            f"The template {place} cannot be filled: {error.message or type(error).__name__}.",
            cure="site_templates/README.md says which value each template gets.",
        ) from error


def _finalize(value: Any) -> Any:
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return encode.visible(value)


def _percent(share: float | None, digits: int = 1) -> str:
    """Show a share of one in percent; a dash for none."""
    return "–" if share is None else f"{share * 100:.{digits}f} %"


def _width(share: float | None, largest: float = 1.0) -> str:
    """Show a share as a CSS length for a bar behind a number: the largest fills the cell."""
    return f"{min(abs(share or 0.0) / (largest or 1.0), 1.0) * 100:.1f}%"


def _bar(share: float | None) -> Html:
    """Write the attribute of a cell with a bar behind its number, in whole percents of the cell."""
    width = round(min(abs(share or 0.0), 1.0) * 100)
    return trusted(f' style="--pb-share:{width}%"' if width else "")


def _signed(value: float, unit: str) -> str:
    """Show a change with its sign: ``+2.1 ms``, ``−0.7 kB``."""
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return sign + units.show(abs(value), unit)


def _breakable(text: str) -> Html:
    """Let a long name break after the marks that part it, not in the middle of a word."""
    escaped = str(escape(encode.visible(text)))
    return trusted(re.sub(r"([/.)\]}_])(?=.)", r"\1<wbr>", escaped))


def _code(code: str) -> str:
    """Write the fragment that leads to a finding's code in the guide; none for what cannot be a code."""
    return f"#{code}" if re.fullmatch(r"[a-z0-9_]+", code) else ""


def _markdown(text: str) -> Html:
    return trusted(encode.markdown(text))


def _yaml(text: str) -> Html:
    return trusted(encode.yaml_text(text))


def _when(rfc3339: str) -> str:
    """Show an RFC 3339 UTC time for reading, to the second; other texts as they are."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z", rfc3339)
    return f"{found[1]} {found[2]} UTC" if found else rfc3339


def _excerpt(text: str) -> str:
    """Shorten what a log told: its first line and its last ones, where the reason stands; none of them is long."""
    lines = [_clipped(line) for line in text.strip().splitlines()]
    if len(lines) > _WHOLE_LINES:
        left = units.counted(len(lines) - 1 - _LAST_LINES, "line")
        lines = [lines[0], f"… {left} left out …", *lines[-_LAST_LINES:]]
    return "\n".join(lines)


def _clipped(line: str) -> str:
    left = len(line) - _LINE
    return line if left <= 0 else f"{line[: _LINE // 2]} … {units.counted(left, 'character')} … {line[-_LINE // 2 :]}"


_FILTERS = {
    "show": units.show,
    "counted": units.counted,
    "signed": _signed,
    "percent": _percent,
    "width": _width,
    "bar": _bar,
    "breakable": _breakable,
    "code_fragment": _code,
    "island": island,
    "md": _markdown,
    "yaml": _yaml,
    "url_path": encode.url_path,
    "safe_name": encode.safe_name,
    "when": _when,
    "excerpt": _excerpt,
    "alike": alike,
}
