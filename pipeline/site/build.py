"""Building the site: documents through the engine, pages stamped into its shells, files beside them, one swap.

Rules: the engine (MkDocs) runs on a staging folder and sees only our documents and one shell for each kind of page;
everything from a run enters after it. The finished tree replaces the old one whole. The same content gives the same
bytes: the build's date is that of the newest run.
"""

from __future__ import annotations

import ctypes
import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipeline.errors import SiteError
from pipeline.model.page import SearchEntry, SiteContent
from pipeline.render import charts
from pipeline.site import assets, links, stamp, swap
from pipeline.site.cache import FileCache

_ENGINE_SECONDS: Final = 600
_PR_SET_PDEATHSIG: Final = 1
_VEGA: Final = "assets/vega.js"


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: files ``changed`` (or new) and ``removed``, and copies ``skipped`` because they cannot be read
    or placed.
    """

    changed: tuple[str, ...]
    removed: tuple[str, ...]
    skipped: tuple[str, ...]
    pages: int


def build_site(content: SiteContent, *, templates_dir: Path, root: Path, staging: Path, site_dir: Path) -> BuildReport:
    """Build the site in ``staging`` and swap it into ``site_dir``; on any error the old site stays as it was.

    ``root`` is the project: copies are relative to it, slow results are kept in its ``build/cache``. Raises SiteError.
    """
    swap.recover(site_dir, staging)
    _write_sources(content, templates_dir, root, staging)
    tree = staging / "site"
    _run_engine(staging, tree, _epoch(content))
    shells = _take_shells(content, tree)
    _write_pages(content, shells, tree)
    _write_data(content, root, tree)
    skipped = _copy(content.copies, root, tree)
    _extend_search(tree, content.search)
    _extend_sitemap(content, tree)
    difference = swap.swap_in(tree, site_dir)
    shutil.rmtree(staging, ignore_errors=True)
    count = sum(len(pages) for pages in content.stamped.values())
    return BuildReport(difference.changed, difference.removed, skipped, count)


def _write_sources(content: SiteContent, templates_dir: Path, root: Path, staging: Path) -> None:
    docs = staging / "docs"
    for name, text in content.documents.items():
        _write(docs / name, text.encode())
    for kind in content.stamped:
        if kind not in stamp.SHELLS:
            raise SiteError(f"There is no shell for pages of the kind {kind!r}.")
        if content.stamped[kind]:
            _write(docs / stamp.SHELLS[kind], stamp.shell_source(kind).encode())
    for name, data in assets.read_assets(templates_dir / "assets", _squeezer(root)).items():
        _write(docs / name, data)
    overrides = staging / "overrides"
    overrides.mkdir(parents=True, exist_ok=True)
    if (templates_dir / "overrides").is_dir():
        shutil.copytree(templates_dir / "overrides", overrides, dirs_exist_ok=True)
    _write(staging / "mkdocs.yml", content.extra["mkdocs.yml"].encode())


def _squeezer(root: Path) -> Callable[[str], str]:
    """Squeeze scripts, each version of one once: it takes half a second."""
    kept = _kept_scripts(root)

    def squeeze(text: str) -> str:
        key = f"squeezed-{hashlib.sha256(f'{charts.versions()} {text}'.encode()).hexdigest()[:16]}.js"
        small = kept.get(key)
        if small is None:
            small = kept[key] = charts.squeeze_script(text)
        return small

    return squeeze


def _kept_scripts(root: Path) -> FileCache:
    return FileCache(root / "build" / "cache" / "scripts")


def _run_engine(staging: Path, tree: Path, epoch: int) -> None:
    command = [sys.executable, "-P", "-m", "mkdocs", "build", "--quiet"]
    command += ["--config-file", str(staging / "mkdocs.yml"), "--site-dir", str(tree)]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": str(epoch), "PYTHONHASHSEED": "0"}
    try:
        done = subprocess.run(
            command,
            env=env,
            cwd=staging,
            capture_output=True,
            text=True,
            timeout=_ENGINE_SECONDS,
            check=False,
            preexec_fn=_ends_with_us(),
        )
    except subprocess.TimeoutExpired as error:
        raise SiteError(f"MkDocs did not finish within {_ENGINE_SECONDS} seconds.") from error
    if done.returncode != 0:
        told = (done.stderr or done.stdout).strip()[-2000:]
        raise SiteError(f"MkDocs ended with exit code {done.returncode}:\n{told}", cure="The site is as it was before.")


def _ends_with_us() -> Callable[[], None] | None:
    """Make the engine end when we are killed, where the kernel can: it must not write into what is cleared next."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return ask


def _take_shells(content: SiteContent, tree: Path) -> dict[str, stamp.Shell]:
    """Make all links of the engine's pages work from the disk, then cut the shells and take them off the tree."""
    for path in sorted(tree.rglob("*.html")):
        if path != tree / "404.html":  # served for any address, so its links start at the site's root
            path.write_text(links.name_index(path.read_text("utf-8")), "utf-8")
    shells: dict[str, stamp.Shell] = {}
    for kind, pages in content.stamped.items():
        if pages:
            page = tree / stamp.shell_url(kind) / "index.html"
            shells[kind] = stamp.split_shell(page.read_text("utf-8"), url=stamp.shell_url(kind))
    for kind in shells:
        if not stamp.is_fixed(kind):
            shutil.rmtree(tree / stamp.shell_url(kind))
    return shells


def _write_pages(content: SiteContent, shells: Mapping[str, stamp.Shell], tree: Path) -> None:
    for kind, pages in content.stamped.items():
        for page in pages:
            _write(tree / page.url / "index.html", stamp.stamp(shells[kind], page).encode())


def _write_data(content: SiteContent, root: Path, tree: Path) -> None:
    for name, data in content.data.items():
        _write(tree / name, data)
    kept = _kept_scripts(root)
    key = "vega-" + re.sub(r"[^\w.]", "-", charts.versions()) + ".js"
    bundle = kept.get(key)
    if bundle is None:
        bundle = kept[key] = charts.bundle()
    _write(tree / _VEGA, bundle.encode())


def _copy(copies: Mapping[str, str], root: Path, tree: Path) -> tuple[str, ...]:
    """Copy files from the project. One that cannot be read, or whose place is taken, is skipped and told."""
    skipped: list[str] = []
    for place, source in sorted(copies.items()):
        target = tree / place
        if not target.resolve().is_relative_to(tree.resolve()):
            skipped.append(place)
            continue
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / source, target, follow_symlinks=True)
        except OSError:
            skipped.append(place)
    return tuple(skipped)


def _extend_search(tree: Path, entries: Iterable[SearchEntry]) -> None:
    """Add the curated entries to the index, and write it as a script too: ``fetch`` does not work from the disk."""
    path = tree / "search" / "search_index.json"
    if not path.is_file():
        return
    index = json.loads(path.read_text("utf-8"))
    index["docs"] += [{"location": one.url, "title": one.title, "text": one.text} for one in entries]
    text = json.dumps(index, separators=(",", ":"))
    path.write_text(text, "utf-8")
    path.with_suffix(".js").write_text(f"var __index = {text}", "utf-8")


def _extend_sitemap(content: SiteContent, tree: Path) -> None:
    """Write the pages of each kind into the sitemap in the place of their shell."""
    path = tree / "sitemap.xml"
    if not path.is_file():
        return
    text = path.read_text("utf-8")
    for kind, pages in content.stamped.items():
        if not pages or stamp.is_fixed(kind):
            continue
        shell = stamp.shell_url(kind)
        found = re.search(rf"[ \t]*<url>(?:(?!</url>).)*{re.escape(shell)}(?:(?!</url>).)*</url>\n?", text, re.DOTALL)
        if found:
            units = "".join(found[0].replace(shell, page.url) for page in pages)
            text = text[: found.start()] + units + text[found.end() :]
    path.write_text(text, "utf-8")
    path.with_suffix(".xml.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def _epoch(content: SiteContent) -> int:
    """Seconds of the newest run's start; 0 when there is none that can be read."""
    try:
        return int(datetime.fromisoformat(content.extra.get("newest", "")).replace(tzinfo=UTC).timestamp())
    except (ValueError, OverflowError):
        return 0


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
