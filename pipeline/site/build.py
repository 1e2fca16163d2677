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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pipeline.errors import SiteError
from pipeline.model.page import PlannedPart, SearchEntry, SharedFiles, SiteContent, unit_of
from pipeline.render import charts
from pipeline.site import stamp, swap
from pipeline.site.engine import Engine, kept_scripts, run_engine, shells_of, wants_json_index
from pipeline.site.finish import File, Finished, Finisher, copies
from pipeline.site.kept_parts import KeptParts
from pipeline.site.parts import Ground, Order, finish, kept_parts
from pipeline.site.workers import Crews

_VEGA: Final = "assets/vega.js"
_SEARCH: Final = "search/search_index.json"
_ZENSICAL_SEARCH: Final = "search.json"
_SITEMAP: Final = "sitemap.xml"
_PAGE: Final = re.compile(r"[ \t]*<url>.*?</url>\n?", re.DOTALL)
_FEW: Final = 400
"""Of more changed files than this a whole new tree is made."""
_ALONE: Final = Crews()
_NO_FILES: Final = SharedFiles((), dict)


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
class _Unit:
    """One unit as planned: a part, or ``files`` and files that are ``common`` to many builds, listed by their place
    in the project when they are wanted; an ``always`` looked at one costs little.
    """

    key: str
    part: PlannedPart | None = None
    files: Sequence[File] = ()
    common: Callable[[], Mapping[str, str]] = dict
    always: bool = False


@dataclass(frozen=True, slots=True)
class _Work:
    """What parts and units are finished with, and what that has done so far."""

    ground: Ground
    kept: KeptParts
    finisher: Finisher
    live: Live

    @property
    def done(self) -> Finished:
        """Say what has been done."""
        return self.finisher.done


def build_site(
    content: SiteContent,
    *,
    templates_dir: Path,
    root: Path,
    staging: Path,
    site_dir: Path,
    live: Live,
    engine: str = "mkdocs",
    crews: Crews = _ALONE,
) -> BuildReport:
    """Bring ``site_dir`` up to date by way of ``staging``; on any error the old site stays as it was.

    ``root`` is the project: copies are relative to it, slow results are kept in its ``build/cache``; ``live`` is what
    is in ``site_dir``; ``crews`` have begun to make parts. Raises SiteError.
    """
    swap.recover(site_dir, staging)
    for kind in content.stamped:
        if kind not in stamp.SHELLS:
            raise SiteError(f"There is no shell for pages of the kind {kind!r}.")
    made = run_engine(content, templates_dir=templates_dir, root=root, staging=staging, name=engine)
    shells = {kind: (shell, digest) for kind, shell, digest in shells_of(made, content)}
    ground = Ground({kind: shell for kind, (shell, _) in shells.items()}, root, staging / "site")
    work = _Work(ground, kept_parts(root), Finisher(ground.tree), live)
    planned = _plan(content, made, {kind: digest for kind, (_, digest) in shells.items()}, work)
    units = _bring_up_to_date(planned, work, crews)
    done = work.done
    for name in live.units():
        if name not in planned:
            done.removed += live.digests(name)
    looks_new = live.known.get(".", ("",))[0] != made.key
    if not site_dir.is_dir() or looks_new or len(done.written) > _FEW or not _place_each(work, site_dir):
        _place_all(work, site_dir, units)
    for name, digests in done.digests.items():
        live.learn(name, digests, done.written)
    shutil.rmtree(staging, ignore_errors=True)
    work.kept.forget_others({part.url for part in content.parts})
    return BuildReport(
        tuple(sorted(done.written)),
        tuple(sorted(done.removed)),
        tuple(sorted(done.skipped)),
        sum(len(pages) for pages in content.stamped.values()) + len(content.parts),
        units,
    )


def is_known(part: PlannedPart, live: Live) -> bool:
    """Tell whether the last build made a part as planned, whatever its shell and what became of it."""
    key, content = live.known.get(unit_of(f"{part.url}index.html"), ("", ""))
    return key.startswith(f"{part.key} ") and bool(content)


def is_made(part: PlannedPart, live: Live) -> bool:
    """Tell whether the site that is there has a part as planned, whatever its shell."""
    unit = unit_of(f"{part.url}index.html")
    return is_known(part, live) and live.content(unit) == live.known[unit][1]


def _bring_up_to_date(planned: Mapping[str, _Unit], work: _Work, crews: Crews) -> dict[str, tuple[str, str]]:
    """Finish what differs in the staging folder; gives the key and the digest of the content of each unit."""
    live, units, orders = work.live, dict[str, tuple[str, str]](), dict[str, Order]()
    for name in sorted(planned):
        key, content = live.known.get(name, ("", ""))
        vouched = bool(content) and live.content(name) == content
        if vouched and key == planned[name].key and not planned[name].always:
            units[name] = key, content
        else:
            orders[name] = Order(name, live.digests(name), key if vouched else "")
    parts = {part.url: orders[name] for name in orders if (part := planned[name].part)}
    crews.finish(parts, work.ground)
    for name, order in orders.items():
        if not planned[name].part:
            _finish_plain(planned[name], order, work)
    for done in crews.finished():
        work.done.add(done)
    for name, order in orders.items():
        part = planned[name].part
        if part and name not in work.done.digests:
            finish(part, order, work.ground, work.kept, work.finisher)
        units[name] = planned[name].key, live.content_of(work.done.digests[name])
    return dict(sorted(units.items()))


def _finish_plain(planned: _Unit, order: Order, work: _Work) -> None:
    files = list(planned.files)
    # A name tells the content, but only of what the same code wrote.
    is_alike = not planned.always and order.made_of.partition(" ")[0] == planned.key.partition(" ")[0]
    for path, place in planned.common().items():
        source = f"{work.ground.root}/{place}"
        is_here = is_alike and path in order.here
        files.append(File(path, None, order.here[path]) if is_here else File(path, source))
    work.finisher.finish(order.unit, files, order.here)


def _link(old: str, new: str) -> bool:
    try:
        os.link(old, new)
    except OSError:  # no hard links here: a copy has the same bytes
        return False
    return True


# --- putting it in place -----------------------------------------------------------------------------------------


def _place_each(work: _Work, site_dir: Path) -> bool:
    """Rename each finished file into its place; False when a folder is where a file must be, or the other way round."""
    try:
        for path in sorted(work.done.written, key=lambda path: (_rank(path), path)):
            (site_dir / path).parent.mkdir(parents=True, exist_ok=True)
            (work.ground.tree / path).replace(site_dir / path)
            work.done.written[path] = time.time_ns()
        for path in work.done.removed:
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


def _place_all(work: _Work, site_dir: Path, units: Iterable[str]) -> None:
    """Swap a whole new tree in: finished files, and those that stay as they are."""
    written, old = work.done.written, os.fspath(site_dir)
    for name in units:
        for path in work.done.digests.get(name) or work.live.digests(name):
            if path not in written and not _link(f"{old}/{path}", target := work.finisher.place(path)):
                shutil.copyfile(f"{old}/{path}", target)
    swap.swap_in(work.ground.tree, site_dir)


# --- the plan ----------------------------------------------------------------------------------------------------


def _plan(content: SiteContent, made: Engine, shells: Mapping[str, str], work: _Work) -> dict[str, _Unit]:
    """Say what each unit is made of; ``shells`` are the digests of the engine's pages by kind."""
    planned = {
        unit_of(f"{part.url}index.html"): _Unit(f"{part.key} {shells[part.kind]}", part) for part in content.parts
    }
    loose: dict[str, list[File]] = {}
    for file in _loose(content, made, work):
        loose.setdefault(unit_of(file.path), []).append(file)
    for name in {".", *loose, *content.shared}:
        files, common = loose.get(name, []), content.shared.get(name, _NO_FILES)
        always = bool(files) or name == "."
        key = made.key if always else _key_of_shared(content.shared_key, common.names)
        planned[name] = _Unit(key, None, files, common.files, always=always)
    return planned


def _key_of_shared(written_by: str, names: Iterable[str]) -> str:
    named = hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()
    return f"{written_by} {named}"


def _loose(content: SiteContent, made: Engine, work: _Work) -> Iterator[File]:
    """Plan what is not of a part: the engine's own files, the lists, and what lists and pages read."""
    shells, root = work.ground.shells, work.ground.root
    own = {f"{stamp.shell_url(kind)}index.html" for kind in shells} | {
        _SEARCH,
        _ZENSICAL_SEARCH,
        _SITEMAP,
        f"{_SITEMAP}.gz",
    }
    found = [File(path, f"{made.folder}/{path}", sha256) for path, sha256 in made.files.items() if path not in own]
    for kind, pages in content.stamped.items():
        found += [File(f"{page.url}index.html", stamp.stamp(shells[kind], page).encode()) for page in pages]
    found += [File(path, data) for path, data in content.data.items()]
    found.append(File(_VEGA, _vega(root)))
    found += [*_search(made, content.search), *_sitemap(made, content)]
    yield from found
    yield from copies(content.copies, {file.path for file in found}, root, work.done.skipped)


def _vega(root: Path) -> bytes:
    kept = kept_scripts(root)
    key = "vega-" + re.sub(r"[^\w.]", "-", charts.versions()) + ".js"
    bundle = kept.get(key)
    if bundle is None:
        bundle = kept[key] = charts.bundle()
    return bundle.encode()


def _search(made: Engine, entries: Iterable[SearchEntry]) -> Iterator[File]:
    """Add the curated entries to the index, and write it as a script: ``fetch`` does not work from the disk."""
    if _ZENSICAL_SEARCH in made.files:
        index = json.loads(made.read(_ZENSICAL_SEARCH))
        index["items"] += [{"location": one.url, "level": 1, "title": one.title, "text": one.text} for one in entries]
        yield File(_ZENSICAL_SEARCH, json.dumps(index, separators=(",", ":")).encode())
    if _SEARCH not in made.files:
        return
    index = json.loads(made.read(_SEARCH))
    index["docs"] += [{"location": one.url, "title": one.title, "text": one.text} for one in entries]
    text = json.dumps(index, separators=(",", ":"))
    if wants_json_index(made):
        yield File(_SEARCH, text.encode())
    yield File(_SEARCH.replace(".json", ".js"), f"var __index = {text}".encode())


def _sitemap(made: Engine, content: SiteContent) -> Iterator[File]:
    """Write the pages of each kind into the sitemap in the place of their shell, all of the newest run's day."""
    if _SITEMAP not in made.files:
        return
    pages = {stamp.shell_url(kind): _urls(content, kind) for kind in stamp.SHELLS if not stamp.is_fixed(kind)}
    text = _PAGE.sub(lambda found: _expand(found[0], pages), made.read(_SITEMAP).decode())
    day = re.match(r"\d{4}-\d\d-\d\d", content.extra.get("newest", ""))
    text = re.sub(r"<lastmod>[^<]*</lastmod>", f"<lastmod>{day[0] if day else '1970-01-01'}</lastmod>", text)
    yield File(_SITEMAP, text.encode())


def _urls(content: SiteContent, kind: str) -> list[str]:
    return [
        *(page.url for page in content.stamped.get(kind, ())),
        *(part.url for part in content.parts if part.kind == kind),
    ]


def _expand(entry: str, pages: dict[str, list[str]]) -> str:
    """Make an entry of the sitemap one for each page it stands for; ``pages`` are those of each shell still to come."""
    for shell in pages:
        if shell in entry:
            return "".join([entry.replace(shell, url) for url in pages.pop(shell)])
    return entry
