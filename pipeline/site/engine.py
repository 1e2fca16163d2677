"""The engine: our documents and a shell for each kind of page in, a finished tree of HTML out, kept until they change.

Rules: an engine is a program that reads ``mkdocs.yml``; it sees no run. So its output depends on the documents, the
theme, the assets and its own version alone, and is taken from a folder whose name is the digest of all of these: one
more run does not start an engine. Every file taken is checked against its digest; a damaged folder is made again. The
build's date is fixed for the same reason: what shows the age of the site is written by us.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from pipeline.errors import SiteError
from pipeline.model.page import SiteContent
from pipeline.render import charts
from pipeline.site import assets, frame, links, stamp
from pipeline.site.cache import FileCache

_SECONDS: Final = 600
_PR_SET_PDEATHSIG: Final = 1
_LIST: Final = "files.json"
_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "mkdocs": ("mkdocs", "build", "--quiet", "--config-file", "{config}", "--site-dir", "{tree}"),
    "properdocs": ("properdocs", "build", "--quiet", "--config-file", "{config}", "--site-dir", "{tree}"),
    "zensical": ("zensical", "build", "--clean", "--config-file", "{config}"),
}
NONE: Final = "none"
ENGINES: Final = (*_COMMANDS, NONE)
"""Engines by the name of their Python module, and a plain frame of our own."""

_NAME: Final = re.compile(r"^[A-Za-z0-9._-]+")
_INDEX: Final = re.compile(
    r'location\.protocol==="file:"\?([\w$]+\(`\$\{new URL\("search/search_index\.js",[\w$.]+\)\}`\)\.pipe\([^:?]*?\)):'
    r'[\w$]+\(new URL\("search/search_index\.json",[\w$.]+\)\)'
)
"""How the theme reads the index of its search: as a script from the disk, else as JSON."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What an engine made: the folder, the digest of each file in it by path, and the key of all of it."""

    folder: Path
    files: Mapping[str, str]
    key: str

    def read(self, path: str) -> bytes:
        """Read one file. Raises SiteError when it is not what the engine wrote."""
        data = (self.folder / path).read_bytes()
        if hashlib.sha256(data).hexdigest() != self.files[path]:
            raise SiteError(f"{self.folder / path} is damaged.", cure="Remove build/cache and run it again.")
        return data


def run_engine(content: SiteContent, *, templates_dir: Path, root: Path, staging: Path, name: str) -> Engine:
    """Give the engine's output for these documents, from ``build/cache/engine`` when nothing in it is new.

    Raises SiteError when the engine is not installed or fails.
    """
    if name not in ENGINES:
        raise SiteError(f"There is no engine {name!r}; there are {', '.join(ENGINES)}.")
    key = _key(content, templates_dir, name)
    kept = root / "build" / "cache" / "engine" / key
    files = _listed(kept)
    if files is None:
        work = staging / "engine"
        _write_sources(content, templates_dir, root, work)
        if name == NONE:
            facts = {"name": content.site_name, "url": content.extra.get("url", "")}
            frame.build_frame(work / "docs", work / "site", templates_dir, facts)
        else:
            _run(name, work)
        files = _seal(work / "site", work / _LIST)
        _publish(work, kept)
    return Engine(kept / "site", files, key)


def _publish(work: Path, kept: Path) -> None:
    """Keep a finished output and forget all others; only the holder of the site's lock may."""
    shutil.rmtree(kept.parent, ignore_errors=True)
    kept.mkdir(parents=True, exist_ok=True)
    (work / "site").rename(kept / "site")
    (work / _LIST).rename(kept / _LIST)


def _listed(kept: Path) -> dict[str, str] | None:
    """Read the list of an output that was kept; None when it is not there whole."""
    try:
        check, _, text = (kept / _LIST).read_bytes().partition(b"\n")
        files: dict[str, str] = json.loads(text)
    except (OSError, ValueError):
        return None
    whole = hashlib.sha256(text).hexdigest().encode() == check
    return files if whole and all(_digest(kept / "site" / path) == sha256 for path, sha256 in files.items()) else None


def _seal(tree: Path, place: Path) -> dict[str, str]:
    """Make all links work from the disk, and list every file with its digest."""
    for path in sorted(tree.rglob("*.html")):
        if path != tree / "404.html":  # served for any address, so its links start at the site's root
            path.write_text(links.name_index(path.read_text("utf-8")), "utf-8")
    for path in sorted(tree.glob("assets/javascripts/bundle.*.js")):
        # One index then serves both: it is the largest file that every run changes.
        path.write_text(_INDEX.sub(lambda match: match[1], path.read_text("utf-8")), "utf-8")
    files = {path.relative_to(tree).as_posix(): _digest(path) for path in sorted(tree.rglob("*")) if path.is_file()}
    text = json.dumps(files, separators=(",", ":")).encode()
    place.write_bytes(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
    return files


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


# --- what it is given --------------------------------------------------------------------------------------------


def _key(content: SiteContent, templates_dir: Path, name: str) -> str:
    kinds = sorted(kind for kind in stamp.SHELLS if _is_used(content, kind))
    parts = [name, _versions(name), sorted(content.documents.items()), kinds, content.extra["mkdocs.yml"]]
    parts += [[stamp.shell_source(kind) for kind in kinds], _folder_digest(templates_dir), charts.versions()]
    parts.append(_folder_digest(Path(__file__).resolve().parent))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _is_used(content: SiteContent, kind: str) -> bool:
    return bool(content.stamped.get(kind)) or any(part.kind == kind for part in content.parts)


@cache
def _versions(name: str) -> tuple[str, ...]:
    """Name the versions of an engine, of its theme and of everything they need."""
    found: dict[str, str] = {}
    wanted = [name, "mkdocs-material", "markdown"]
    while wanted:
        one = wanted.pop()
        if one in found:
            continue
        try:
            told = metadata.distribution(one)
        except metadata.PackageNotFoundError:
            continue
        found[one] = told.version
        wanted += [
            match[0].lower() for need in told.requires or () if "extra ==" not in need and (match := _NAME.match(need))
        ]
    return tuple(f"{one}=={version}" for one, version in sorted(found.items()))


def _folder_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(folder).as_posix()} {_digest(path)}\n".encode())
    return digest.hexdigest()


def _write_sources(content: SiteContent, templates_dir: Path, root: Path, work: Path) -> None:
    docs = work / "docs"
    for name, text in content.documents.items():
        _write(docs / name, text.encode())
    for kind in stamp.SHELLS:
        if _is_used(content, kind):
            _write(docs / stamp.SHELLS[kind], stamp.shell_source(kind).encode())
    for name, data in assets.read_assets(templates_dir / "assets", _squeezer(root)).items():
        _write(docs / name, data)
    overrides = work / "overrides"
    overrides.mkdir(parents=True, exist_ok=True)
    if (templates_dir / "overrides").is_dir():
        shutil.copytree(templates_dir / "overrides", overrides, dirs_exist_ok=True)
    _write(work / "mkdocs.yml", content.extra["mkdocs.yml"].encode())


def _squeezer(root: Path) -> Callable[[str], str]:
    """Squeeze scripts, each version of one once: it takes half a second."""
    kept = kept_scripts(root)

    def squeeze(text: str) -> str:
        key = f"squeezed-{hashlib.sha256(f'{charts.versions()} {text}'.encode()).hexdigest()[:16]}.js"
        small = kept.get(key)
        if small is None:
            small = kept[key] = charts.squeeze_script(text)
        return small

    return squeeze


def kept_scripts(root: Path) -> FileCache:
    """Open the folder of scripts that are slow to make."""
    return FileCache(root / "build" / "cache" / "scripts")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


# --- running it --------------------------------------------------------------------------------------------------


def _run(name: str, work: Path) -> None:
    if find_spec(name) is None:
        raise SiteError(f"{name} is not installed.", cure=f"pip install {name}, or choose another `site.engine`.")
    values = {"config": str(work / "mkdocs.yml"), "tree": str(work / "site")}
    command = [sys.executable, "-P", "-m", *(word.format(**values) for word in _COMMANDS[name])]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": "0", "PYTHONHASHSEED": "0"}
    try:
        done = subprocess.run(
            command,
            env=env,
            cwd=work,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            preexec_fn=ends_with_us(),
        )
    except subprocess.TimeoutExpired as error:
        raise SiteError(f"{name} did not finish within {_SECONDS} seconds.") from error
    if done.returncode != 0:
        told = (done.stderr or done.stdout).strip()[-2000:]
        raise SiteError(f"{name} ended with exit code {done.returncode}:\n{told}", cure="The site is as it was before.")


def ends_with_us() -> Callable[[], None] | None:
    """Make the engine end when we are killed, where the kernel can: it must not write into what is cleared next."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return ask


def wants_json_index(made: Engine) -> bool:
    """Tell whether some script of the theme still asks for the index of its search as JSON."""
    if frame.SCRIPT in made.files:
        return False
    scripts = [path for path in made.files if path.startswith("assets/javascripts/bundle.") and path.endswith(".js")]
    return not scripts or any(b"search_index.json" in made.read(path) for path in scripts)


def shells_of(made: Engine, content: SiteContent) -> Iterator[tuple[str, stamp.Shell, str]]:
    """Cut the shell of each kind of page that is used: (kind, shell, digest of the engine's page for it)."""
    for kind in stamp.SHELLS:
        if _is_used(content, kind):
            path = f"{stamp.shell_url(kind)}index.html"
            shell = stamp.split_shell(made.read(path).decode(), url=stamp.shell_url(kind))
            yield kind, shell, made.files[path]
