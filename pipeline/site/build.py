"""Building the site: documents through the engine, pages stamped into its shells, files beside them, put in place.

Rules: the site is made of units (`model.page.unit_of`), and each has a key of all it is made of. A unit whose key and
files are what they were is not touched, nor are its pages made. Of the others every file is compared by its digest:
only what differs is written. Nothing half-written is ever seen: files are finished in a staging folder first. A build
that changes few files renames each into its place, what is linked to before what links to it; one that changes the look
of the site, or much of it, swaps a whole new tree in. The same content gives the same bytes either way.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from pipeline.errors import SiteError
from pipeline.model.page import PlannedPart, SearchEntry, SiteContent, unit_of
from pipeline.render import charts
from pipeline.site import stamp, swap
from pipeline.site.engine import Engine, kept_scripts, run_engine, shells_of, wants_json_index
from pipeline.site.kept_pages import KeptPages

_VEGA: Final = "assets/vega.js"
_SEARCH: Final = "search/search_index.json"
_ZENSICAL_SEARCH: Final = "search.json"
_SITEMAP: Final = "sitemap.xml"
_SMALL: Final = 8 << 20
_FEW: Final = 400
"""Of more changed files than this a whole new tree is made."""

Source = bytes | Path
"""What a file is made of: its bytes, or a file on disk."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: files ``changed`` (or new) and ``removed``, and copies ``skipped`` because they cannot be read
    or placed. ``units`` are (key, digest of the content) by unit.
    """

    changed: tuple[str, ...]
    removed: tuple[str, ...]
    skipped: tuple[str, ...]
    pages: int
    units: Mapping[str, tuple[str, str]]


class Live(Protocol):
    """The site that is there; ``known`` are (key, digest of the content) by unit, as the last build reported them."""

    @property
    def known(self) -> Mapping[str, tuple[str, str]]:
        """Say what the last build reported as units."""

    def content_of(self, digests: Mapping[str, str]) -> str:
        """Make one digest of the files of a unit, given by the digest of each."""

    def units(self) -> list[str]:
        """Name its units."""

    def content(self, unit: str) -> str:
        """Make one digest of a unit."""

    def digests(self, unit: str) -> dict[str, str]:
        """Digest of each file of a unit, by path under the site."""

    def learn(self, unit: str, digests: Mapping[str, str], written: Mapping[str, int]) -> None:
        """Take note of what was written, and when."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file as planned: what it is made of (None: it is there and stays), and its digest where that is known."""

    path: str
    source: bytes | Path | None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class _Unit:
    """One unit as planned. ``produce`` gets the files that are there and vouched for, and the key they were made of; an
    ``always`` produced one costs little.
    """

    key: str
    produce: Callable[[Mapping[str, str], str], Iterator[_File]]
    always: bool = False


@dataclass(slots=True)
class _Work:
    """What a build has done so far: files are finished in ``tree``, each at the time (ns) in ``written``."""

    tree: Path
    live: Live
    digests: dict[str, dict[str, str]] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    removed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def build_site(
    content: SiteContent,
    *,
    templates_dir: Path,
    root: Path,
    staging: Path,
    site_dir: Path,
    live: Live,
    engine: str = "mkdocs",
) -> BuildReport:
    """Bring ``site_dir`` up to date by way of ``staging``; on any error the old site stays as it was.

    ``root`` is the project: copies are relative to it, slow results are kept in its ``build/cache``; ``live`` is what
    is in ``site_dir``. Raises SiteError.
    """
    swap.recover(site_dir, staging)
    for kind in content.stamped:
        if kind not in stamp.SHELLS:
            raise SiteError(f"There is no shell for pages of the kind {kind!r}.")
    made = run_engine(content, templates_dir=templates_dir, root=root, staging=staging, name=engine)
    work = _Work(staging / "site", live)
    planned = _plan(content, made, root, work)
    units = {name: _bring_up_to_date(name, planned[name], work) for name in sorted(planned)}
    for name in live.units():
        if name not in planned:
            work.removed += live.digests(name)
    looks_new = live.known.get(".", ("",))[0] != made.key
    if not site_dir.is_dir() or looks_new or len(work.written) > _FEW or not _place_each(work, site_dir):
        _place_all(work, site_dir, units)
    for name, digests in work.digests.items():
        live.learn(name, digests, work.written)
    shutil.rmtree(staging, ignore_errors=True)
    _kept_pages(root).forget_others({part.url for part in content.parts})
    return BuildReport(
        tuple(sorted(work.written)),
        tuple(sorted(work.removed)),
        tuple(sorted(work.skipped)),
        sum(len(pages) for pages in content.stamped.values()) + len(content.parts),
        units,
    )


def is_made(part: PlannedPart, live: Live) -> bool:
    """Tell whether the site that is there has a part as planned, whatever its shell."""
    return live.known.get(unit_of(f"{part.url}index.html"), ("",))[0].partition(" ")[0] == part.key


def _bring_up_to_date(name: str, planned: _Unit, work: _Work) -> tuple[str, str]:
    """Finish the files of a unit that differ in the staging folder; gives its key and the digest of its content."""
    key, content = work.live.known.get(name, ("", ""))
    vouched = bool(content) and work.live.content(name) == content
    if vouched and key == planned.key and not planned.always:
        return key, content
    here = work.live.digests(name)
    desired: dict[str, str] = {}
    for file in planned.produce(here if vouched else {}, key if vouched else ""):
        try:
            source = file.source if file.sha256 else _opened(file.source)
            sha256 = file.sha256 or _digest(source)
            if here.get(file.path) != sha256:
                _finish(file.path, source, work)
        except OSError:
            work.skipped.append(file.path)
            continue
        desired[file.path] = sha256
    work.digests[name] = desired
    work.removed += sorted(here.keys() - desired.keys())
    return planned.key, work.live.content_of(desired)


def _opened(source: Source | None) -> Source | None:
    """Read a file that is small, so that it is read once; a large one is never in memory whole."""
    return source.read_bytes() if isinstance(source, Path) and source.stat().st_size <= _SMALL else source


def _digest(source: Source | None) -> str:
    if isinstance(source, Path):
        with source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(source or b"").hexdigest()


def _finish(path: str, source: Source | None, work: _Work) -> None:
    """Write one file whole in the staging folder. Always a file of its own: what publishes a site takes no links."""
    target, folder = work.tree / path, path.rpartition("/")[0]
    if folder not in work.folders:
        target.parent.mkdir(parents=True, exist_ok=True)
        work.folders.add(folder)
    if isinstance(source, Path):
        shutil.copyfile(source, target, follow_symlinks=True)
    else:
        target.write_bytes(source or b"")
    work.written[path] = time.time_ns()


def _link(old: Path, new: Path) -> bool:
    try:
        os.link(old, new)
    except OSError:  # no hard links here: a copy has the same bytes
        return False
    return True


# --- putting it in place -----------------------------------------------------------------------------------------


def _place_each(work: _Work, site_dir: Path) -> bool:
    """Rename each finished file into its place; False when a folder is where a file must be, or the other way round."""
    try:
        for path in sorted(work.written, key=lambda path: (_rank(path), path)):
            (site_dir / path).parent.mkdir(parents=True, exist_ok=True)
            (work.tree / path).replace(site_dir / path)
            work.written[path] = time.time_ns()
        for path in work.removed:
            (site_dir / path).unlink(missing_ok=True)
            _remove_empty((site_dir / path).parent, site_dir)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        return False
    return True


def _rank(path: str) -> int:
    """What is linked to comes before what links to it: data, pages of runs, the other pages, then the lists."""
    unit = unit_of(path)
    if unit == "data" or unit.startswith("data/"):
        return 0
    if unit in {".", "runs", "compare", "search"}:
        return 3
    return 1 if "/" in unit else 2


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _place_all(work: _Work, site_dir: Path, units: Mapping[str, tuple[str, str]]) -> None:
    """Swap a whole new tree in: finished files, and those that stay as they are."""
    for name in units:
        for path in work.digests.get(name) or work.live.digests(name):
            target = work.tree / path
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                if not _link(site_dir / path, target):
                    shutil.copyfile(site_dir / path, target)
    swap.swap_in(work.tree, site_dir)


# --- the plan ----------------------------------------------------------------------------------------------------


def _plan(content: SiteContent, made: Engine, root: Path, work: _Work) -> dict[str, _Unit]:
    shells = {kind: (shell, digest) for kind, shell, digest in shells_of(made, content)}
    pages = _kept_pages(root)
    planned: dict[str, _Unit] = {}
    for part in content.parts:
        shell, digest = shells[part.kind]
        produce = partial(_part, part, shell, pages, root, work)
        planned[unit_of(f"{part.url}index.html")] = _Unit(f"{part.key} {digest}", produce)
    loose: dict[str, list[_File]] = {}
    for file in _loose(content, made, {kind: shell for kind, (shell, _) in shells.items()}, root, work):
        loose.setdefault(unit_of(file.path), []).append(file)
    shared = _shared(content, root)
    for name in {".", *loose, *shared}:
        files, common = loose.get(name, []), shared.get(name, {})
        always = bool(files) or name == "."
        key = made.key if always else _digest("\n".join((content.shared_key, *sorted(common))).encode())
        planned[name] = _Unit(key, partial(_plain, files, common), always=always)
    return planned


def _kept_pages(root: Path) -> KeptPages:
    return KeptPages(root / "build" / "cache" / "pages")


def _shared(content: SiteContent, root: Path) -> dict[str, dict[str, Path]]:
    found: dict[str, dict[str, Path]] = {}
    for path, source in content.shared.items():
        found.setdefault(unit_of(path), {})[path] = root / source
    return found


def _plain(files: Iterable[_File], common: Mapping[str, Path], here: Mapping[str, str], _: str) -> Iterator[_File]:
    yield from files
    for path, source in common.items():
        yield _File(path, None, here[path]) if path in here else _File(path, source)


def _part(
    part: PlannedPart, shell: stamp.Shell, pages: KeptPages, root: Path, work: _Work, here: Mapping[str, str], key: str
) -> Iterator[_File]:
    """Make a part anew, or when only its shell is new, stamp its page again and leave the other files."""
    index = f"{part.url}index.html"
    kept = pages.get(part.url, part.key)
    if kept is not None and key.partition(" ")[0] == part.key:
        yield from (_File(path, None, sha256) for path, sha256 in here.items() if path != index)
        yield _File(index, stamp.stamp(shell, kept).encode())
        return
    whole = part.make()
    pages.put(part.key, whole.page)
    yield _File(index, stamp.stamp(shell, whole.page).encode())
    yield from (_File(path, data) for path, data in whole.data.items())
    yield from _copies(whole.copies, {index, *whole.data}, root, work)


def _copies(copies: Mapping[str, str], taken: set[str], root: Path, work: _Work) -> Iterator[_File]:
    """Plan files to copy from the project; one that would leave the site, or whose place is taken, is skipped."""
    files, folders = set(taken), {above for path in taken for above in _above(path)}
    for path, source in sorted(copies.items()):
        is_inside = not path.startswith("/") and ".." not in path.split("/")
        if not is_inside or path in folders or files & set(_above(path)):
            work.skipped.append(path)
            continue
        files.add(path)
        folders.update(_above(path))
        yield _File(path, root / source)


def _above(path: str) -> Iterator[str]:
    """Name the folders a path lies in."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _loose(
    content: SiteContent, made: Engine, shells: Mapping[str, stamp.Shell], root: Path, work: _Work
) -> Iterator[_File]:
    """Plan what is not of a part: the engine's own files, the lists, and what lists and pages read."""
    own = {f"{stamp.shell_url(kind)}index.html" for kind in shells} | {
        _SEARCH,
        _ZENSICAL_SEARCH,
        _SITEMAP,
        f"{_SITEMAP}.gz",
    }
    found = [_File(path, made.folder / path, sha256) for path, sha256 in made.files.items() if path not in own]
    for kind, pages in content.stamped.items():
        found += [_File(f"{page.url}index.html", stamp.stamp(shells[kind], page).encode()) for page in pages]
    found += [_File(path, data) for path, data in content.data.items()]
    found.append(_File(_VEGA, _vega(root)))
    found += [*_search(made, content.search), *_sitemap(made, content)]
    yield from found
    yield from _copies(content.copies, {file.path for file in found}, root, work)


def _vega(root: Path) -> bytes:
    kept = kept_scripts(root)
    key = "vega-" + re.sub(r"[^\w.]", "-", charts.versions()) + ".js"
    bundle = kept.get(key)
    if bundle is None:
        bundle = kept[key] = charts.bundle()
    return bundle.encode()


def _search(made: Engine, entries: Iterable[SearchEntry]) -> Iterator[_File]:
    """Add the curated entries to the index, and write it as a script: ``fetch`` does not work from the disk."""
    if _ZENSICAL_SEARCH in made.files:
        index = json.loads(made.read(_ZENSICAL_SEARCH))
        index["items"] += [{"location": one.url, "level": 1, "title": one.title, "text": one.text} for one in entries]
        yield _File(_ZENSICAL_SEARCH, json.dumps(index, separators=(",", ":")).encode())
    if _SEARCH not in made.files:
        return
    index = json.loads(made.read(_SEARCH))
    index["docs"] += [{"location": one.url, "title": one.title, "text": one.text} for one in entries]
    text = json.dumps(index, separators=(",", ":"))
    if wants_json_index(made):
        yield _File(_SEARCH, text.encode())
    yield _File(_SEARCH.replace(".json", ".js"), f"var __index = {text}".encode())


def _sitemap(made: Engine, content: SiteContent) -> Iterator[_File]:
    """Write the pages of each kind into the sitemap in the place of their shell, all of the newest run's day."""
    if _SITEMAP not in made.files:
        return
    text = made.read(_SITEMAP).decode()
    for kind in stamp.SHELLS:
        if not stamp.is_fixed(kind):
            text = _expand(text, stamp.shell_url(kind), _urls(content, kind))
    day = re.match(r"\d{4}-\d\d-\d\d", content.extra.get("newest", ""))
    text = re.sub(r"<lastmod>[^<]*</lastmod>", f"<lastmod>{day[0] if day else '1970-01-01'}</lastmod>", text)
    yield _File(_SITEMAP, text.encode())


def _urls(content: SiteContent, kind: str) -> list[str]:
    return [
        *(page.url for page in content.stamped.get(kind, ())),
        *(part.url for part in content.parts if part.kind == kind),
    ]


def _expand(text: str, shell: str, urls: Iterable[str]) -> str:
    found = re.search(rf"[ \t]*<url>(?:(?!</url>).)*{re.escape(shell)}(?:(?!</url>).)*</url>\n?", text, re.DOTALL)
    if found is None:
        return text
    return text[: found.start()] + "".join(found[0].replace(shell, url) for url in urls) + text[found.end() :]
