"""Store the source lines of a run's hot functions with it, where the settings ask for that.

Rules: only files that git tracks are read: regular ones, of text, of a bearable size, reached without a link that
leads out of the repository. File names of profiles select among them (`analysis.source_match`) and are never opened.
What looks like a key is masked. Nothing here ever loses a run: what goes wrong is a finding.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pipeline.analysis.hot_lines import Cut, cut_source, hot_functions
from pipeline.collect.record import Record
from pipeline.collect.rundir import RunFolder
from pipeline.collect.secrets import MASK, hide_paths, mask_keys, printable
from pipeline.decode import decode_profile
from pipeline.errors import DecodeError
from pipeline.model.config import Config
from pipeline.model.finding import Finding
from pipeline.model.profile import Profile
from pipeline.model.source import LINK_TEMPLATE, Checkout, SourceStore, TrackedText

STORE: Final = "source.json"
_SECONDS: Final = 60
_FILE_BYTES: Final = 4 << 20
_MODULES: Final = 100
_PROFILES: Final = 200
_REGULAR: Final = ("100644", "100755")
_REMOTE: Final = re.compile(
    r"(?:(?:https?|ssh|git)://(?:[^@/\s]*@)?|(?:[\w.-]+@)?)(?P<host>[A-Za-z0-9.-]+)(?::\d+)?[:/]/?"
    r"(?P<path>[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)+)/?"
)


@dataclass(frozen=True, slots=True)
class _Tracked:
    """What git says of a checkout: blobs by path, changed paths (None: all), the commit, and a link to a line."""

    checkout: Checkout
    blobs: dict[str, str]
    changed: frozenset[str] | None
    commit: str
    url: str


def store_source(config: Config, root: Path, folder: RunFolder, record: Record) -> None:
    """Write ``source.json`` into a run whose profiles have been taken; does nothing unless the settings ask for it."""
    asked = config.source
    if not asked.store:
        return
    try:
        tracked = _tracked(root / asked.root, asked.url)
        if tracked is None:
            record.finding(_nothing("This is not a git checkout, or git cannot be run."))
            return
        profiles = _profiles(folder, record, config.limits.max_decoded_bytes)
        functions = hot_functions(profiles, tracked.checkout, asked.functions)
        secrets = {text: name for text, name in folder.names.items() if name == MASK}
        paths = sorted({function.path for function in functions})
        texts = {path: text for path in paths if (text := _text(tracked, path, secrets)) is not None}
        cut = cut_source(functions, texts, context=asked.context, max_bytes=asked.max_bytes)
        for doubt in _doubts(cut):
            record.finding(doubt)
        if cut.files:
            store = SourceStore(tracked.commit, tracked.url, cut.files)
            folder.write(STORE, json.dumps(asdict(store), sort_keys=True, indent=1).encode("ascii") + b"\n")
    except Exception as error:  # noqa: BLE001 - a run without source is still a run
        record.finding(_nothing(f"{type(error).__name__}: {printable(str(error))}"))


def _doubts(cut: Cut) -> Iterator[Finding]:
    if not cut.files and not cut.differing and not cut.left_out:
        yield _nothing("No function in the profiles belongs to a tracked file of a Go module here.")
    if cut.differing:
        yield Finding(
            "source_differs",
            "warning",
            "Functions do not begin where the profiles say: the checkout is not what was profiled. They are left out.",
            STORE,
            ", ".join(cut.differing)[:200],
            "Build the service from this checkout, or collect from the one it was built from.",
        )
    if cut.left_out:
        yield Finding(
            "source_cut",
            "info",
            f"{len(cut.left_out)} functions are longer than the room left for stored source.",
            STORE,
            ", ".join(cut.left_out)[:200],
            "Raise source.max_bytes.",
        )


def _nothing(why: str) -> Finding:
    return Finding(
        "no_source",
        "info",
        "No source lines were stored with this run.",
        STORE,
        why,
        "See `source` in the settings; the run's profiles are not affected.",
    )


def _profiles(folder: RunFolder, record: Record, max_bytes: int) -> Iterator[Profile]:
    """Decode the run's profiles; of a very long series, some at even distances."""
    reports = [report.path for report in record.manifest().files if report.status == "ok"]
    step = max(-(-len(reports) // _PROFILES), 1)
    for path in reports[::-1][::step]:
        try:
            yield decode_profile((folder.path / path).read_bytes(), max_bytes=max_bytes)
        except (DecodeError, OSError):
            continue


def _tracked(root: Path, url: str) -> _Tracked | None:
    top_text = _git(root, "rev-parse", "--show-toplevel").strip()
    if not top_text:
        return None
    top = Path(top_text)
    blobs = {}
    for entry in _git(root, "ls-files", "-z", "--stage", "--full-name").split("\0"):
        facts, tab, path = entry.partition("\t")
        mode, _, blob = facts.partition(" ")
        if tab and mode in _REGULAR and path.isprintable():
            blobs[path] = blob.partition(" ")[0]
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").strip()
    changed = None
    if commit:
        words = ("diff", "--name-only", "-z", "--no-ext-diff", "--no-textconv", "--no-renames", commit, "--")
        changed = frozenset(filter(None, _git(top, *words).split("\0")))
    checkout = Checkout(str(top), frozenset(blobs), tuple(_modules(top, sorted(blobs))))
    return _Tracked(checkout, blobs, changed, commit, url or _permalink(root))


def _modules(top: Path, paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    places = [path for path in paths if path == "go.mod" or path.endswith("/go.mod")]
    for path in places[:_MODULES]:
        text = (_read(top, path) or b"").decode("utf-8", "replace")
        if found := re.search(r'^\s*module\s+"?([^\s"]+)"?', text, re.MULTILINE):
            yield path.rpartition("/")[0], found[1]


def _text(tracked: _Tracked, path: str, secrets: dict[str, str]) -> TrackedText | None:
    """Read a tracked text file; None for anything else."""
    data = _read(Path(tracked.checkout.root), path)
    if data is None or b"\0" in data:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    lines = hide_paths(mask_keys(text), secrets).split("\n")
    if not lines[-1]:
        lines.pop()
    dirty = tracked.changed is None or path in tracked.changed
    plain = tuple(line.removesuffix("\r") for line in lines)
    return TrackedText(path, "" if dirty else tracked.blobs[path], dirty, hashlib.sha256(data).hexdigest(), plain)


def _read(top: Path, path: str) -> bytes | None:
    """Read a file that git tracks, when it is regular, bounded, and still inside when every link is followed."""
    place = top / path
    try:
        if not place.resolve().is_relative_to(top.resolve()):
            return None
        number = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError):
        return None
    try:
        facts = os.fstat(number)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > _FILE_BYTES:
            return None
        with os.fdopen(number, "rb", closefd=False) as file:
            return file.read(_FILE_BYTES)
    except OSError:
        return None
    finally:
        os.close(number)


def _permalink(root: Path) -> str:
    """Work out how a line is linked to from the remote (``origin``, else the first); empty for hosts not known."""
    listed = _git(root, "config", "--get-regexp", r"^remote\..*\.url$").splitlines()
    remotes = dict(line.partition(" ")[::2] for line in listed)
    return permalink(remotes.get("remote.origin.url", next(iter(remotes.values()), "")))


def permalink(remote: str) -> str:
    """Turn the address of a GitHub or GitLab repository into a link to a line, without its userinfo."""
    found = _REMOTE.fullmatch(remote.strip())
    if found is None:
        return ""
    host, path = found["host"].lower(), found["path"].removesuffix(".git")
    blob = "blob" if host == "github.com" else "-/blob" if "gitlab" in host.split(".") else ""
    url = f"https://{host}/{path}/{blob}/{{commit}}/{{path}}#L{{line}}"
    return url if blob and re.fullmatch(LINK_TEMPLATE, url) else ""


def _git(root: Path, *words: str) -> str:
    """Ask git; empty when it does not answer. What it prints about paths is decoded so that it can be opened again."""
    env = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", *words],
            cwd=root,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return os.fsdecode(done.stdout) if done.returncode == 0 else ""
